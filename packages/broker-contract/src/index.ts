export { AbortError } from "./abort-error.js";
export type { Broker } from "./broker.js";
export {
  BrokerError,
  type BrokerErrorCode,
  type BrokerErrorOptions,
  type BrokerErrorReason,
  brokerErrorCodes,
  isBrokerError,
  type NativeErrorFacts,
} from "./broker-error.js";
export type { DiagnoseOptions, DiagnosticCheck, DiagnosticOutcome } from "./diagnostics.js";
export { onAbort } from "./on-abort.js";
export type { AbortSignalLike, BrokerLogger, OperationOptions } from "./operation.js";
export { redactSecrets, redactSensitive } from "./redact.js";
export type {
  AccountsRequest,
  HttpRequestSigningRequest,
  InteractiveTokenRequest,
  ParentWindow,
  Prompt,
  ProofOfPossession,
  SignOutRequest,
  SilentTokenRequest,
  SsoCookieRequest,
  TokenRequest,
} from "./requests.js";
export type { BrokerAccount, BrokerToken, SignedHttpRequest, SsoCookie, TokenType } from "./results.js";
export type { BrokerCapabilities, BrokerPlatform, BrokerStatus } from "./status.js";
