import { randomBytes, randomInt } from "node:crypto";

/** What somebody signed in to, wherever the tokens for it are fetched. */
export interface Grant {
  readonly clientId: string;
  /** The tenant as the request named it. */
  readonly tenant: string;
  readonly scopes: readonly string[];
  /** As JSON text; empty for none. */
  readonly claims: string;
  readonly nonce: string | undefined;
}

/** An authorization code that was handed out. */
export interface CodeGrant extends Grant {
  readonly homeAccountId: string;
  readonly redirectUri: string;
  /** SHA-256 of the verifier, base64url; `undefined` where the request had none. */
  readonly codeChallenge: string | undefined;
  readonly expiresAt: number;
  redeemed: boolean;
}

/** A refresh token that was handed out. */
export interface RefreshGrant {
  readonly clientId: string;
  readonly homeAccountId: string;
}

/** A sign-in on another device. */
export interface DeviceGrant extends Grant {
  readonly userCode: string;
  readonly expiresAt: number;
  readonly intervalInMs: number;
  lastPollAt: number | undefined;
  state:
    | { readonly kind: "pending" | "declined" | "redeemed" }
    | { readonly kind: "granted"; readonly homeAccountId: string };
}

/** How many of each kind are kept; the oldest go first. */
const kept = 10_000;
/** Without vowels and without what is easily misread. */
const userCodeLetters = "BCDFGHJKLMNPQRSTVWXZ23456789";

/** Codes and tokens that only the tenant itself can read. They say nothing; all they stand for is in here. */
export class GrantBook {
  readonly #codes = new Map<string, CodeGrant>();
  readonly #refreshTokens = new Map<string, RefreshGrant>();
  readonly #devices = new Map<string, DeviceGrant>();
  readonly #consents = new Set<string>();

  addCode(grant: CodeGrant): string {
    return keep(this.#codes, `emulated-code.${secret()}`, grant);
  }

  code(code: string): CodeGrant | undefined {
    return this.#codes.get(code);
  }

  addRefreshToken(grant: RefreshGrant): string {
    return keep(this.#refreshTokens, `emulated-refresh.${secret()}`, grant);
  }

  refreshToken(token: string): RefreshGrant | undefined {
    return this.#refreshTokens.get(token);
  }

  /** Ends every refresh token of an account. */
  revoke(homeAccountId: string): void {
    for (const [token, grant] of this.#refreshTokens)
      if (grant.homeAccountId === homeAccountId) this.#refreshTokens.delete(token);
  }

  addDevice(grant: Omit<DeviceGrant, "userCode">): { deviceCode: string; userCode: string } {
    const userCode = newUserCode();
    return {
      deviceCode: keep(this.#devices, `emulated-device.${secret()}`, { ...grant, userCode }),
      userCode,
    };
  }

  device(deviceCode: string): DeviceGrant | undefined {
    return this.#devices.get(deviceCode);
  }

  /** As a person types it: neither letter case nor white space matters. */
  deviceByUserCode(typed: string): DeviceGrant | undefined {
    const userCode = typed.replace(/[\s-]/g, "").toUpperCase();
    return [...this.#devices.values()].find((device) => device.userCode === userCode);
  }

  hasConsent(clientId: string, homeAccountId: string, resource: string): boolean {
    return this.#consents.has(consentKey(clientId, homeAccountId, resource));
  }

  consent(clientId: string, homeAccountId: string, resource: string): void {
    this.#consents.add(consentKey(clientId, homeAccountId, resource));
  }
}

function keep<T>(map: Map<string, T>, key: string, value: T): string {
  map.set(key, value);
  if (map.size > kept) {
    const [oldest] = map.keys();
    if (oldest !== undefined) map.delete(oldest);
  }
  return key;
}

/** A secret that cannot be guessed. */
export function secret(): string {
  return randomBytes(32).toString("base64url");
}

function newUserCode(): string {
  return Array.from({ length: 9 }, () => userCodeLetters[randomInt(userCodeLetters.length)]).join("");
}

function consentKey(clientId: string, homeAccountId: string, resource: string): string {
  return JSON.stringify([clientId.toLowerCase(), homeAccountId, resource.toLowerCase()]);
}
