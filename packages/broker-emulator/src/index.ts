export type { BrokerGeneration } from "./broker/generations.js";
export type { RecordedRequest } from "./broker/request-log.js";
export { DiscoveryServer } from "./discovery-server.js";
export { createEmulatedBroker, type EmulatedBrokerOptions } from "./emulated-broker.js";
export type { KeyringState } from "./keyring-door.js";
export type {
  ExtensionAnswer,
  ExtensionCall,
  ExtensionCaller,
  ExtensionError,
} from "./sso-extension-door/extension-calls.js";
export {
  createSsoExtensionDoor,
  type SsoExtensionDoor,
  type SsoExtensionDoorOptions,
} from "./sso-extension-door/sso-extension-door.js";
export {
  type BrokerActivation,
  type BrokerEmulator,
  type BrokerEmulatorOptions,
  startBrokerEmulator,
} from "./start-broker-emulator.js";
export {
  startWslEmulator,
  type WslEmulator,
  type WslEmulatorOptions,
  type WslinfoState,
} from "./start-wsl-emulator.js";
export type { AccountOptions, EmulatedAccount } from "./tenant/accounts.js";
export {
  type AppOptions,
  brokerPluginRedirectUri,
  type EmulatedApp,
  EmulatedTenant,
  type EmulatedTenantOptions,
  nativeClientRedirectUri,
  type ResourceOptions,
  unsignedAppRedirectUri,
} from "./tenant/emulated-tenant.js";
export type { DialogRecord, EmulatedUser, UserAction } from "./tenant/emulated-user.js";
export type { BrokerMethod, PolicyEffect, PolicyHandle, PolicyMatch } from "./tenant/policy.js";
export type { EmulatedResource } from "./tenant/resources.js";
export type { PublicJwk, SigningKey, VerifiedJwt } from "./tenant/signing-key.js";
export type {
  WamAccount,
  WamAnswer,
  WamCall,
  WamProvider,
  WamProviderError,
  WamTokenAnswer,
  WamTokenCall,
  WamTokenResponse,
} from "./wam-door/wam-calls.js";
export { createWamDoor, type WamDoor, type WamDoorOptions } from "./wam-door/wam-door.js";
export {
  type RecordedWebRequest,
  startWebTenant,
  type WebTenant,
  type WebTenantOptions,
} from "./web/start-web-tenant.js";
export type { ProxyFault, WslMethod } from "./wsl-door/wsl-door.js";
