// A process of its own for each measurement of loading: what a package costs the app that imports it.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [what = "", ...args] = process.argv.slice(2);
const require = createRequire(import.meta.url);

/** @type {Record<string, () => Promise<void>>} */
const ways = {
  // An app's first import, and nothing used yet.
  package: async () => {
    await import("@x/broker");
  },
  // The same, and everything there is to load: the platform's package and its addon.
  addon: async () => {
    const { loadPlatformBroker } = await import("@x/broker");
    const { loaded } = await loadPlatformBroker();
    const { describeNativeBinding } = await import(args[0] ?? "");
    if (!loaded || !describeNativeBinding().loaded) throw new Error("The addon did not load.");
  },
  // The same where the addon is one that was built against a double.
  doubledAddon: async () => {
    await import("@x/broker");
    await import(args[0] ?? "");
    require(args[1] ?? "");
  },
  // From nothing to a token, silently, for the account of this machine.
  token: async () => {
    const { InteractiveBrowserBrokerCredential } = await import("@x/broker");
    const { clientId, scope, tenantId } = await import("./canned-answers.mjs");
    const options = { clientId, tenantId, useDefaultBrokerAccount: true };
    await new InteractiveBrowserBrokerCredential(options).getToken(scope);
  },
  peer: async () => {
    await import("@azure/msal-node-runtime");
  },
  peerToken: async () => {
    const { default: runtimePackage } = await import("@azure/msal-node-runtime");
    const { authority, clientId, redirectUri, scope } = await import("./canned-answers.mjs");
    const runtime = runtimePackage.msalNodeRuntime;
    const parameters = new runtime.AuthParameters();
    parameters.CreateAuthParameters(clientId, authority);
    parameters.SetRedirectUri(redirectUri);
    parameters.SetRequestedScopes(scope);
    const id = "00000000-0000-4000-8000-000000000001";
    await new Promise((resolve, reject) => {
      runtime.SignInSilentlyAsync(parameters, id, (/** @type {any} */ result) => {
        try {
          result.CheckError();
          resolve(result.accessToken);
        } catch (error) {
          reject(error);
        }
      });
    });
  },
  module: async () => {
    await import(args[0] ?? "");
  },
  emptyAddon: async () => {
    require(args[0] ?? "");
  },
};

const way = ways[what];
if (way === undefined) throw new Error(`No way to load "${what}".`);
const objectsBefore = sharedObjects().size;
const rss = process.memoryUsage.rss();
const cpu = process.cpuUsage();
const started = performance.now();
await way();
const ms = performance.now() - started;
const { user, system } = process.cpuUsage(cpu);
const result = {
  ms,
  cpuInMs: (user + system) / 1000,
  rss: process.memoryUsage.rss() - rss,
  sharedObjects: sharedObjects().size - objectsBefore,
};
process.stdout.write(`\n${JSON.stringify(result)}\n`, () => process.exit());

/** The libraries and addons in this process's memory. Node.js' own report takes longer, but Windows has no other. */
function sharedObjects() {
  if (process.platform === "win32")
    return new Set(/** @type {{ sharedObjects: string[] }} */ (process.report.getReport()).sharedObjects);
  const files = readFileSync("/proc/self/maps", "latin1").match(/\/\S+\.(?:so|node)\b\S*/g);
  return new Set(files);
}
