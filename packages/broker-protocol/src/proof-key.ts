import { createHash, generateKeyPair, type KeyObject, sign } from "node:crypto";
import { promisify } from "node:util";
import type { HttpRequestParts } from "./http-request.js";
import { objectField, textField } from "./json.js";
import { jwtClaims } from "./jwt.js";

interface PublicJwk {
  readonly e: string;
  readonly kty: "RSA";
  readonly n: string;
}

/**
 * A key of this process, to prove possession of: where the broker binds a token to a key that the client holds, the
 * client signs. RSA with 2048 bits; lives in memory only.
 */
export class ProofKey {
  /** Thumbprint of the public key (RFC 7638), base64url: how a token names it. */
  readonly id: string;
  readonly #jwk: PublicJwk;
  readonly #privateKey: KeyObject;

  private constructor(publicKey: KeyObject, privateKey: KeyObject) {
    const { e = "", n = "" } = publicKey.export({ format: "jwk" });
    this.#jwk = { e, kty: "RSA", n };
    // The thumbprint's input is these members, in this order, without white space.
    this.id = createHash("sha256").update(JSON.stringify(this.#jwk)).digest("base64url");
    this.#privateKey = privateKey;
  }

  /** Makes a key, which takes a good part of a second, but not of the event loop's. */
  static async create(): Promise<ProofKey> {
    const { publicKey, privateKey } = await promisify(generateKeyPair)("rsa", { modulusLength: 2048 });
    return new ProofKey(publicKey, privateKey);
  }

  /** Whether a token is bound to this key; `undefined` for one that cannot be read (an encrypted one). */
  binds(accessToken: string): boolean | undefined {
    const claims = jwtClaims(accessToken);
    if (claims === undefined) return undefined;
    const confirmation = objectField(claims, "cnf");
    return confirmation !== undefined && textField(confirmation, "kid") === this.id;
  }

  /**
   * The signed HTTP request (SHR) that presents an access token with this key (draft-ietf-oauth-signed-http-request;
   * the claims that Microsoft's clients write).
   * @param header What the platform's own client puts into the header beside the algorithm.
   * @param now In milliseconds since the epoch.
   */
  async signRequest(
    accessToken: string,
    parts: HttpRequestParts,
    header: Readonly<Record<string, string>> = {},
    now = Date.now(),
  ): Promise<string> {
    const claims = {
      at: accessToken,
      cnf: { jwk: this.#jwk },
      m: parts.httpMethod,
      ...(parts.nonce !== "" && { nonce: parts.nonce }),
      p: parts.uriPath,
      ts: Math.floor(now / 1000),
      u: parts.uriHost,
    };
    const input = [{ alg: "RS256", ...header }, claims].map((part) => encode(JSON.stringify(part))).join(".");
    // With a callback the work is done off the JavaScript thread.
    const signature = await new Promise<Buffer>((resolve, reject) => {
      sign("sha256", Buffer.from(input), this.#privateKey, (error, made) =>
        error === null ? resolve(made) : reject(error),
      );
    });
    return `${input}.${signature.toString("base64url")}`;
  }
}

function encode(text: string): string {
  return Buffer.from(text).toString("base64url");
}
