import { createRuntime } from "./create-runtime.js";
import type { MsalNodeRuntime } from "./types.js";

export type {
  Account,
  AsyncHandle,
  AuthParameters,
  AuthResult,
  DiscoverAccountsResult,
  MsalNodeRuntime,
  MsalRuntimeError,
  ReadAccountResult,
  SignOutResult,
} from "./types.js";
export { ErrorStatus, LogLevel } from "./types.js";

/**
 * The runtime that Microsoft's `NativeBrokerPlugin` calls, over the broker of this operating system: an
 * `overrides` line in package.json puts it in the place of `@azure/msal-node-runtime`. Loads nothing native
 * before it is used.
 */
export const msalNodeRuntime: MsalNodeRuntime = createRuntime();
