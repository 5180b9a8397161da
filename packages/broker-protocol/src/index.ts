export { aadstsForTheUser, findAadsts, type KnownAadsts, knownAadsts } from "./aadsts.js";
export { chosenAccount, severalAccounts } from "./account-choice.js";
export { clientInfoOf, homeAccountIdOf, homeIds, personalDataOf, sameId } from "./account-ids.js";
export { type Authority, presentHost, resolveAuthority } from "./authority.js";
export { type CallFacts, callError, foreignText, quoted } from "./call-facts.js";
export { CallLog } from "./call-log.js";
export { checkedToken, type ExpectedToken, type TokenAnswer } from "./checked-token.js";
export { checkedCapabilities, mergedClaims } from "./claims.js";
export { checkedClientId } from "./client-id.js";
export { Deadline } from "./deadline.js";
export {
  check,
  redirectUriAdvice,
  redirectUriCheck,
  skipped,
  type TitledCheck,
  versionCheck,
  withoutHint,
} from "./diagnostics.js";
export { emulatorWarning, isEmulator } from "./emulator.js";
export { tokenExpiry } from "./expiry.js";
export { belongsToProtocol, checkedExtraParameters, protocolParameters } from "./extra-parameters.js";
export { type BrokerForecast, forecast } from "./forecast.js";
export { type HttpRequestParts, httpRequestParts } from "./http-request.js";
export { inTurn } from "./in-turn.js";
export {
  asObject,
  canonicalJson,
  field,
  type JsonObject,
  type JsonValue,
  numberField,
  objectField,
  parseObject,
  stringField,
  textField,
} from "./json.js";
export { accessTokenClaims, jwtClaims } from "./jwt.js";
export {
  type AddonAdvice,
  type AddonFacts,
  AddonLoader,
  missingBuild,
  type NativeBindingDescription,
  noBuildFound,
} from "./native-addon.js";
export { nonsense } from "./nonsense.js";
export { ProofKey } from "./proof-key.js";
export {
  aboutAccount,
  aboutRequest,
  aboutToken,
  checkedAccount,
  checkedAccountOption,
  checkedPrompt,
  checkedSsoUrl,
  checkedWindow,
} from "./request-checks.js";
export { type AboutRequest, type Call, runCall } from "./run-call.js";
export { runProbe } from "./run-probe.js";
export { declinedScopes, requestedScopes } from "./scopes.js";
export { SharedWork, type Waiter, waiterFor } from "./shared-work.js";
