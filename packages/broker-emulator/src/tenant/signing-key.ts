import { createHash, generateKeyPairSync, type JsonWebKey, type KeyObject, sign, verify } from "node:crypto";

/** A public RSA key as it stands in a key set (RFC 7517). */
export interface PublicJwk {
  readonly kty: "RSA";
  readonly use: "sig";
  readonly alg: "RS256";
  readonly kid: string;
  readonly n: string;
  readonly e: string;
}

/** A decoded JWT whose signature was checked. */
export interface VerifiedJwt {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
}

/** An RSA key pair that signs with RS256. Lives in memory only. */
export class SigningKey {
  readonly #privateKey: KeyObject;
  readonly #publicKey: KeyObject;
  /** RFC 7638 thumbprint, base64url. */
  readonly thumbprint: string;
  readonly jwk: PublicJwk;

  /** @param kidPrefix Put before the thumbprint to make the key id. */
  constructor(kidPrefix: string) {
    const pair = generateKeyPairSync("rsa", { modulusLength: 2048 });
    this.#privateKey = pair.privateKey;
    this.#publicKey = pair.publicKey;
    const { n, e } = pair.publicKey.export({ format: "jwk" }) as JsonWebKey & {
      n: string;
      e: string;
    };
    // The thumbprint's input is these members, in this order, without white space.
    this.thumbprint = createHash("sha256")
      .update(JSON.stringify({ e, kty: "RSA", n }))
      .digest("base64url");
    this.jwk = { kty: "RSA", use: "sig", alg: "RS256", kid: `${kidPrefix}${this.thumbprint}`, n, e };
  }

  signJwt(claims: Readonly<Record<string, unknown>>, header: Readonly<Record<string, unknown>> = {}): string {
    const protectedHeader = { typ: "JWT", alg: "RS256", kid: this.jwk.kid, ...header };
    const input = `${encodeJson(protectedHeader)}.${encodeJson(claims)}`;
    return `${input}.${sign("sha256", Buffer.from(input), this.#privateKey).toString("base64url")}`;
  }

  /** Checks form, algorithm, key id and signature. Times are the caller's business. */
  verifyJwt(token: string): VerifiedJwt {
    const parts = token.split(".");
    const [head = "", body = "", signature = ""] = parts;
    if (parts.length !== 3 || signature === "")
      throw new Error("Not a signed JWT: it must have three parts.");
    const header = decodeJson(head, "header");
    if (header["alg"] !== "RS256") throw new Error("The JWT is not signed with RS256.");
    if (header["kid"] !== this.jwk.kid) throw new Error("The JWT was not signed with this tenant's key.");
    const valid = verify(
      "sha256",
      Buffer.from(`${head}.${body}`),
      this.#publicKey,
      Buffer.from(signature, "base64url"),
    );
    if (!valid) throw new Error("The JWT's signature is wrong.");
    return { header, claims: decodeJson(body, "claims") };
  }
}

function encodeJson(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

function decodeJson(part: string, what: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
  } catch {
    throw new Error(`The JWT's ${what} must be JSON.`);
  }
  if (typeof value !== "object" || value === null)
    throw new Error(`The JWT's ${what} must be a JSON object.`);
  return value as Record<string, unknown>;
}
