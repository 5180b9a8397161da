export type { MsalError, PlatformBrokerError } from "./plugins/msal-errors.js";
export type {
  AccountInfo,
  AuthenticationResult,
  IdTokenClaims,
  LoggerOptions,
  NativeRequest,
  NativeSignOutRequest,
  TenantProfile,
} from "./plugins/msal-types.js";
export {
  type BrokerCallOptions,
  NativeBrokerPlugin,
  type NativeBrokerPluginOptions,
} from "./plugins/native-broker-plugin.js";
