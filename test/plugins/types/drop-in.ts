// Compiled by types.test.ts, as an ES module and as CommonJS: the drop-ins' types fit those of what they stand in for.

import type { useIdentityPlugin as useIdentityPlugin414 } from "@azure/identity";
import type { InteractiveRequest, INativeBrokerPlugin as Plugin72 } from "@azure/msal-node";
import type * as theirs from "@azure/msal-node-runtime";
import { nativeBrokerPlugin, vsCodePlugin } from "@x/broker/identity";
import { type BrokerCallOptions, NativeBrokerPlugin } from "@x/broker/msal-node";
import type * as ours from "@x/msal-node-runtime";
import type { useIdentityPlugin as useIdentityPlugin40 } from "identity-4-0";
import type { useIdentityPlugin as useIdentityPlugin413 } from "identity-4-13";
import type { INativeBrokerPlugin as Plugin216 } from "msal-node-2";
import type { Configuration as Configuration20 } from "msal-node-2-0";
import type { INativeBrokerPlugin as Plugin38 } from "msal-node-3";
import type { INativeBrokerPlugin as Plugin56 } from "msal-node-5";
import type { INativeBrokerPlugin as Plugin60 } from "msal-node-6";

/** msal-node 2.0 does not export the plugin's type by its name. */
type Plugin20 = NonNullable<NonNullable<Configuration20["broker"]>["nativeBrokerPlugin"]>;

const plugin = new NativeBrokerPlugin({ clientCapabilities: ["CP1"], timeoutInMs: 1_000 });
export const plugins: [Plugin20, Plugin216, Plugin38, Plugin56, Plugin60, Plugin72] = [
  plugin,
  plugin,
  plugin,
  plugin,
  plugin,
  plugin,
];

export const isBrokerAvailable: boolean = plugin.isBrokerAvailable;

export const identityPlugins: Parameters<
  typeof useIdentityPlugin40 | typeof useIdentityPlugin413 | typeof useIdentityPlugin414
>[] = [[nativeBrokerPlugin], [vsCodePlugin]];

export const request: InteractiveRequest & BrokerCallOptions = {
  scopes: [],
  openBrowser: async () => {},
  abortSignal: new AbortController().signal,
};

/** Fits both ways: what takes one takes the other. */
type Same<A, B> = [A, B] extends [B, A] ? true : never;

export const runtime: {
  [Name in Named<keyof typeof theirs & keyof typeof ours>]: Same<(typeof theirs)[Name], (typeof ours)[Name]>;
} = { msalNodeRuntime: true, ErrorStatus: true, LogLevel: true };

/** Everything that theirs exports as a value, ours does as well, and nothing else. */
export const names: Same<Named<keyof typeof theirs>, Named<keyof typeof ours>> = true;
/** An ES module that imports CommonJS sees these as well. */
type Named<Name> = Exclude<Name, "default" | "module.exports">;

export const types: [
  Same<theirs.MsalNodeRuntime, ours.MsalNodeRuntime>,
  Same<theirs.AuthParameters, ours.AuthParameters>,
  Same<theirs.AuthResult, ours.AuthResult>,
  Same<theirs.MsalRuntimeError, ours.MsalRuntimeError>,
  Same<theirs.ReadAccountResult, ours.ReadAccountResult>,
  Same<theirs.SignOutResult, ours.SignOutResult>,
  Same<theirs.Account, ours.Account>,
  Same<theirs.DiscoverAccountsResult, ours.DiscoverAccountsResult>,
  Same<theirs.AsyncHandle, ours.AsyncHandle>,
] = [true, true, true, true, true, true, true, true, true];
