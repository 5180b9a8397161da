import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  sign,
  verify,
} from "node:crypto";

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
    this.thumbprint = thumbprintOf({ e, n });
    this.jwk = { kty: "RSA", use: "sig", alg: "RS256", kid: `${kidPrefix}${this.thumbprint}`, n, e };
  }

  signJwt(claims: Readonly<Record<string, unknown>>, header: Readonly<Record<string, unknown>> = {}): string {
    const protectedHeader = { typ: "JWT", alg: "RS256", kid: this.jwk.kid, ...header };
    const input = `${encodeJson(protectedHeader)}.${encodeJson(claims)}`;
    return `${input}.${sign("sha256", Buffer.from(input), this.#privateKey).toString("base64url")}`;
  }

  /** Checks form, algorithm, key id and signature. Times are the caller's business. */
  verifyJwt(token: string): VerifiedJwt {
    const { header, claims, isSignedBy } = readJwt(token);
    if (header["kid"] !== this.jwk.kid) throw new Error("The JWT was not signed with this tenant's key.");
    if (!isSignedBy(this.#publicKey)) throw new Error("The JWT's signature is wrong.");
    return { header, claims };
  }
}

/**
 * Checks form, algorithm and signature of a JWT by the key that it carries itself (`cnf.jwk`), and tells which key that
 * is: whether to trust it is the caller's business.
 */
export function verifyWithKeyInside(token: string): VerifiedJwt & { readonly thumbprint: string } {
  const { header, claims, isSignedBy } = readJwt(token);
  const { jwk } = (claims["cnf"] ?? {}) as { jwk?: JsonWebKey };
  const { kty, e, n } = jwk ?? {};
  if (kty !== "RSA" || e === undefined || n === undefined) throw new Error("The JWT carries no RSA key.");
  if (!isSignedBy(createPublicKey({ key: { kty, e, n }, format: "jwk" }))) {
    throw new Error("The JWT's signature is wrong.");
  }
  return { header, claims, thumbprint: thumbprintOf({ e, n }) };
}

/** RFC 7638: these members, in this order, without white space. */
function thumbprintOf({ e, n }: { readonly e: string; readonly n: string }): string {
  return createHash("sha256")
    .update(JSON.stringify({ e, kty: "RSA", n }))
    .digest("base64url");
}

function readJwt(token: string): VerifiedJwt & { readonly isSignedBy: (key: KeyObject) => boolean } {
  const parts = token.split(".");
  const [head = "", body = "", signature = ""] = parts;
  if (parts.length !== 3 || signature === "") throw new Error("Not a signed JWT: it must have three parts.");
  const header = decodeJson(head, "header");
  if (header["alg"] !== "RS256") throw new Error("The JWT is not signed with RS256.");
  const isSignedBy = (key: KeyObject) =>
    verify("sha256", Buffer.from(`${head}.${body}`), key, Buffer.from(signature, "base64url"));
  return { header, claims: decodeJson(body, "claims"), isSignedBy };
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
