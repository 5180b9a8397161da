export {
  AbortError,
  type AbortSignalLike,
  type Broker,
  type BrokerAccount,
  BrokerError,
  type BrokerErrorCode,
  type BrokerErrorReason,
  type BrokerPlatform,
  brokerErrorCodes,
  isBrokerError,
  type NativeErrorFacts,
} from "@x/broker-contract";
export {
  type AuthenticationRecord,
  deserializeAuthenticationRecord,
  serializeAuthenticationRecord,
} from "./credential/authentication-record.js";
export { AzureAuthorityHosts } from "./credential/authority-host.js";
export {
  AuthenticationRequiredError,
  AuthenticationRequiredErrorName,
  type AuthenticationRequiredErrorOptions,
  CredentialUnavailableError,
  CredentialUnavailableErrorName,
} from "./credential/errors.js";
export {
  InteractiveBrowserBrokerCredential,
  type RoutedAccessToken,
} from "./credential/interactive-browser-broker-credential.js";
export type { InteractiveBrowserBrokerCredentialOptions } from "./credential/options.js";
export type { CredentialOperationOptions } from "./credential/read-call.js";
export type { ParentWindowHandle, WindowHandle } from "./credential/window-handle.js";
export type { FallbackKind, SignInRoute, SignInWay } from "./fallback/fallback-kind.js";
export type { BrowserCustomizationOptions } from "./fallback/loopback-pages.js";
export type { DeviceCodeInfo, DeviceCodePromptCallback } from "./fallback/prompt.js";
export { type LoadResult, loadPlatformBroker } from "./loader/load-platform-broker.js";
