/**
 * The fields of each request as captured from Microsoft's client (@azure/msal-node-runtime 0.20.7, by itself and
 * below @azure/msal-node 7.2.1) on a private bus.
 */
const account = [
  "authParameters.account: object",
  "authParameters.account.alternativeAccountId: string",
  "authParameters.account.clientInfo: string",
  "authParameters.account.environment: string",
  "authParameters.account.familyName: string",
  "authParameters.account.givenName: string",
  "authParameters.account.homeAccountId: string",
  "authParameters.account.homeEnvironment: string",
  "authParameters.account.localAccountId: string",
  "authParameters.account.middleName: string",
  "authParameters.account.name: string",
  "authParameters.account.passwordChangeUrl: string",
  "authParameters.account.passwordExpiry: number",
  "authParameters.account.realm: string",
  "authParameters.account.username: string",
];

const noAccount = ["authParameters.account: null", "authParameters.isSignIn: boolean"];

const always = [
  "authParameters: object",
  "authParameters.accessTokenToRenew: string",
  "authParameters.additionalQueryParametersForAuthorization: object",
  "authParameters.additionalQueryParametersForAuthorization.x-client-xtra-sku: string",
  "authParameters.authority: string",
  "authParameters.authorizationType: number",
  "authParameters.clientId: string",
  "authParameters.decodedClaims: string",
  "authParameters.enrollmentId: string",
  "authParameters.isTestMode: boolean",
  "authParameters.password: string",
  "authParameters.redirectUri: string",
  "authParameters.requestedScopes: array",
  "authParameters.username: string",
  "authParameters.uxContextHandle: number",
];

const bearer = ["authParameters.popParams: null"];

const pop = [
  "authParameters.popParams: object",
  "authParameters.popParams.clientClaims: string",
  "authParameters.popParams.homeAccountId: string",
  "authParameters.popParams.httpMethod: string",
  "authParameters.popParams.nonce: string",
  "authParameters.popParams.uriHost: string",
  "authParameters.popParams.uriPath: string",
];

const parentWindow = ["authParameters.parentWindow: object", "authParameters.parentWindow.handle: number"];

const interactive = [...parentWindow, "authParameters.onboardingBlob: string", "parentWindowHandle: number"];

const signedIn = "authParameters.additionalQueryParametersForAuthorization.hsu: string";

const sorted = (...groups: readonly string[][]) => groups.flat().sort();

export const capturedFields = {
  getAccounts: ["clientId: string", "redirectUri: string"],
  silent: sorted(always, account, bearer),
  silentPop: sorted(always, account, pop),
  silentSignIn: sorted(always, account, bearer, parentWindow),
  silentSignInWithHint: sorted(always, noAccount, bearer, parentWindow),
  interactiveWithAccount: sorted(always, account, bearer, interactive, [signedIn]),
  interactiveWithoutAccount: sorted(always, noAccount, bearer, interactive),
  interactivePopWithoutAccount: sorted(always, noAccount, pop, interactive),
};
