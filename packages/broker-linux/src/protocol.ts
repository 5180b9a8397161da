/** Names and numbers of the broker's D-Bus protocol. Captured from Microsoft's client unless said otherwise. */

/** Well-known bus name of the broker. */
export const brokerBusName = "com.microsoft.identity.broker1";
export const brokerObjectPath = "/com/microsoft/identity/broker1";
/** Interface name; it has a capital B where the bus name has none. */
export const brokerInterface = "com.microsoft.identity.Broker1";
/** First argument of every method. */
export const protocolVersion = "0.0";

/**
 * Methods of the broker. The first four, and `signOutSilently` over WSL's proxy, were captured from Microsoft's client; the others are used by
 * independent clients and answered by real brokers.
 */
export type BrokerMethod =
  | "getAccounts"
  | "acquireTokenSilently"
  | "acquireTokenInteractively"
  | "cancelInteractiveFlow"
  | "acquirePrtSsoCookie"
  | "generateSignedHttpRequest"
  | "getLinuxBrokerVersion"
  | "removeAccount"
  | "signOutSilently";

/** `authorizationType` of a request. Only those sent by this package. */
export const authorizationType = {
  /** acquireTokenSilently. */
  cachedRefreshToken: 1,
  /** acquireTokenInteractively. */
  interactive: 6,
  /** acquirePrtSsoCookie; from independent clients. */
  prtSsoCookie: 8,
  /** signOutSilently. */
  signOutSilent: 12,
} as const;

/** `accessTokenType` of an answer. */
export const accessTokenType = { bearer: 0, pop: 1 } as const;

/** Redirect URI to register for an app that signs in through the broker on Linux. */
export const brokerRedirectUri = "https://login.microsoftonline.com/common/oauth2/nativeclient";

/** Client of the Secret Service the broker keeps its secrets in (freedesktop.org's Secret Service API). */
export const secretService = {
  busName: "org.freedesktop.secrets",
  path: "/org/freedesktop/secrets",
  serviceInterface: "org.freedesktop.Secret.Service",
  collectionInterface: "org.freedesktop.Secret.Collection",
  loginCollection: "/org/freedesktop/secrets/collection/login",
} as const;

/**
 * Body of `cancelInteractiveFlow`, byte for byte. A real broker 3.0.2 left the bus when it got an empty one.
 */
export const cancelInteractiveFlowRequest =
  '{"error":{"context":"The InteractiveRequest was canceled on behalf of the user","diagnostics":null,"errorCode":0,"status":7,"subStatus":0,"tag":579379414}}';
