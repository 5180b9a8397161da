// For @x/msal-node-runtime of the same version, and nobody else: anything here may change at any time.

export { accountNotFound } from "./credential/account-not-found.js";
export { canonicalHost } from "./credential/authority-host.js";
export { readParentWindowHandle } from "./credential/window-handle.js";
export { BrokerClient, type Candidate, type Session } from "./plugins/broker-client.js";
export { extrasOf } from "./plugins/msal-requests.js";
export { idTokenClaimsOf, isFromCache } from "./plugins/msal-results.js";
export { accountOfNativeId, nativeAccountId } from "./plugins/native-account-id.js";
export {
  type RuntimeFailure,
  type RuntimeStatus,
  runtimeFailure,
  runtimeStatuses,
} from "./plugins/runtime-status.js";
