import { extrasOf } from "@x/broker/internal";
import type { TokenRequest } from "@x/broker-contract";
import { requireArgument, requireText } from "./checks.js";
import { runtimeError } from "./runtime-error.js";
import { type AuthParameters as AuthParametersInterface, ErrorStatus } from "./types.js";

/** What one set of parameters asks for. */
export interface RuntimeRequest {
  readonly request: TokenRequest;
  /** What a silent request takes besides. */
  readonly renewal: { readonly forceRefresh?: true; readonly accessTokenToRenew?: string };
}

/**
 * Redirect URIs that Microsoft's plugin fills in by the operating system, or that msal-node before 3.7 always sends:
 * the broker knows better, which within WSL is another operating system's.
 */
const defaultRedirectUris =
  /^(?:|http:\/\/localhost(?::\d+)?\/?|https:\/\/login\.microsoftonline\.com\/common\/oauth2\/nativeclient|msauth\.com\.msauth\.unsignedapp:\/\/auth|ms-appx-web:\/\/Microsoft\.AAD\.BrokerPlugin\/[^/]+)$/i;

/** What a token is asked for with. */
export class AuthParameters implements AuthParametersInterface {
  #app: { readonly clientId: string; readonly authority: string } | undefined;
  #redirectUri = "";
  #scopes: readonly string[] = [];
  #claims = "";
  #accessTokenToRenew = "";
  #proofOfPossession: TokenRequest["proofOfPossession"];
  readonly #extraParameters: Record<string, string> = {};

  CreateAuthParameters(clientId: string, authority: string): void {
    requireText(clientId, authority);
    this.#app = { clientId, authority };
  }

  SetRedirectUri(redirectUri: string): void {
    this.#check(redirectUri);
    this.#redirectUri = redirectUri;
  }

  SetRequestedScopes(scopes: string): void {
    this.#check(scopes);
    this.#scopes = scopes.split(/\s+/).filter((scope) => scope !== "");
  }

  SetDecodedClaims(claims: string): void {
    this.#check(claims);
    this.#claims = claims;
  }

  SetAccessTokenToRenew(accessToken: string): void {
    this.#check(accessToken);
    this.#accessTokenToRenew = accessToken;
  }

  SetPopParams(httpMethod: string, httpHost: string, httpPath: string, nonce: string): void {
    this.#check(httpMethod, httpHost, httpPath, nonce);
    this.#proofOfPossession = {
      resourceRequestMethod: httpMethod,
      resourceRequestUrl: `https://${httpHost}${httpPath}`,
      ...(nonce === "" ? {} : { nonce }),
    };
  }

  SetAdditionalParameter(key: string, value: string): void {
    this.#check(key, value);
    // Not a plain assignment, which "__proto__" would make something else of.
    Object.defineProperty(this.#extraParameters, key, { value, enumerable: true, configurable: true });
  }

  /**
   * What the parameters ask for now; later changes are for later calls.
   * @throws Error for anything that is no set of parameters, MsalRuntimeError for one that was not created
   */
  static read(parameters: unknown): RuntimeRequest {
    requireArgument(typeof parameters === "object" && parameters !== null && #app in parameters);
    return (parameters as AuthParameters).#read();
  }

  #read(): RuntimeRequest {
    const { clientId, authority } = this.#created();
    return {
      request: {
        clientId,
        authority: authority.replace(/\/+$/, ""),
        scopes: this.#scopes,
        ...(defaultRedirectUris.test(this.#redirectUri) ? {} : { redirectUri: this.#redirectUri }),
        ...(this.#claims === "" ? {} : { claims: this.#claims }),
        ...(this.#proofOfPossession === undefined ? {} : { proofOfPossession: this.#proofOfPossession }),
        ...extrasOf({ ...this.#extraParameters }),
      },
      renewal:
        this.#accessTokenToRenew === ""
          ? {}
          : { forceRefresh: true, accessTokenToRenew: this.#accessTokenToRenew },
    };
  }

  #check(...values: readonly unknown[]): void {
    requireText(...values);
    this.#created();
  }

  #created() {
    if (this.#app !== undefined) return this.#app;
    throw runtimeError(ErrorStatus.ApiContractViolation, "CreateAuthParameters() has to be called first.");
  }
}
