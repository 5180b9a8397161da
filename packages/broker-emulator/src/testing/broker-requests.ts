import { nativeClientRedirectUri } from "../tenant/emulated-tenant.js";
import { clientId, storageScope } from "./token-requests.js";

type Json = Record<string, unknown>;

/** `authParameters` in a token request as Microsoft's client sends it (captured), with changes; `undefined` drops. */
export function authParameters(account: unknown, changes: Json = {}): Json {
  return {
    accessTokenToRenew: "",
    account,
    additionalQueryParametersForAuthorization: { "x-client-xtra-sku": "|,|0.20.7,|,|,|12.0.2" },
    authority: "https://login.microsoftonline.com/common",
    authorizationType: 1,
    clientId,
    decodedClaims: "",
    enrollmentId: "",
    isTestMode: false,
    password: "",
    popParams: null,
    redirectUri: nativeClientRedirectUri,
    requestedScopes: [storageScope],
    username: (account as Json | null)?.["username"] ?? "",
    uxContextHandle: -1,
    ...changes,
  };
}

export function silentRequest(account: unknown, changes: Json = {}): Json {
  return { authParameters: authParameters(account, changes) };
}

export function interactiveRequest(account: unknown, changes: Json = {}): Json {
  return {
    authParameters: authParameters(account, {
      authorizationType: 6,
      onboardingBlob: "{}",
      parentWindow: { handle: 1 },
      ...changes,
    }),
    parentWindowHandle: 1,
  };
}

export function cookieRequest(account: unknown, changes: Json = {}): Json {
  const ssoUrl = "https://login.microsoftonline.com/?sso_nonce=NONCE";
  return {
    account,
    authParameters: authParameters(account, { authorizationType: 8, ssoUrl, ...changes }),
    mamEnrollment: false,
    ssoUrl,
  };
}

/** What Microsoft's client sends to cancel (captured). */
export const cancelRequest = {
  error: {
    context: "The InteractiveRequest was canceled on behalf of the user",
    diagnostics: null,
    errorCode: 0,
    status: 7,
    subStatus: 0,
    tag: 579379414,
  },
};
