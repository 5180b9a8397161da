export type { BrokerGeneration } from "./dbus-door/generations.js";
export type { RecordedRequest } from "./dbus-door/request-log.js";
export { DiscoveryServer } from "./discovery-server.js";
export { createEmulatedBroker, type EmulatedBrokerOptions } from "./emulated-broker.js";
export type { KeyringState } from "./keyring-door.js";
export {
  type BrokerActivation,
  type BrokerEmulator,
  type BrokerEmulatorOptions,
  startBrokerEmulator,
} from "./start-broker-emulator.js";
export type { AccountOptions, EmulatedAccount } from "./tenant/accounts.js";
export {
  type AppOptions,
  type EmulatedApp,
  EmulatedTenant,
  type EmulatedTenantOptions,
  nativeClientRedirectUri,
  type ResourceOptions,
} from "./tenant/emulated-tenant.js";
export type { DialogRecord, EmulatedUser, UserAction } from "./tenant/emulated-user.js";
export type { BrokerMethod, PolicyEffect, PolicyHandle, PolicyMatch } from "./tenant/policy.js";
export type { EmulatedResource } from "./tenant/resources.js";
export type { PublicJwk, SigningKey, VerifiedJwt } from "./tenant/signing-key.js";
