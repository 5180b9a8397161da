// What a Mac without an SSO extension, such as a hosted runner, can tell of the published addon: it loads, says that
// there is no extension, and nothing hangs. Prints what it finds. Run it after `pnpm --recursive run build`, on macOS.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";

const packageFile = new URL("../../packages/broker-mac/package.json", import.meta.url);
const require = createRequire(packageFile);
/** @type {import("../../packages/broker-mac/src/native.js").NativeBinding} */
const binding = require("./native-binding.cjs").load();
const identityProviderUrl = "https://login.microsoftonline.com/common";

assert.equal(process.platform, "darwin");
assert.equal(binding.isMainThread(), true);
assert.equal(binding.isApplicationRunning(), false);
console.log("caller:", binding.caller());

// Keeps the process, which a question alone does not.
const timer = setInterval(() => binding.serveMainRunLoop(), 10);
const askedAt = performance.now();
assert.equal(await binding.canPerform(identityProviderUrl), false);
console.log(`canPerformAuthorization: false, after ${Math.round(performance.now() - askedAt)} ms`);

// The broker never asks then; what the system makes of it is worth knowing, and it must not hang.
const pending = binding.perform({
  identityProviderUrl,
  operation: "get_device_info",
  options: [["msg_protocol_ver", "4"]],
  userInterfaceEnabled: false,
});
const limit = setTimeout(() => pending.cancel(), 20_000);
const outcome = await pending.result.catch((error) => error);
clearTimeout(limit);
clearInterval(timer);
assert.ok(outcome instanceof Error, "An extension answered that is not there");
console.log("performRequests:", outcome);
assert.deepEqual(binding.stats(), { requestsInFlight: 0 });

const worker = new Worker(
  `const { load } = require(${JSON.stringify(require.resolve("./native-binding.cjs"))});
  require("node:worker_threads").parentPort.postMessage(load().isMainThread());`,
  { eval: true },
);
assert.deepEqual(await once(worker, "message"), [false]);

const { createMacBroker } = require("@x/broker-mac");
const broker = createMacBroker();
const status = await broker.probe();
assert.ok(!status.available && status.error.code === "broker_unavailable");
console.log("probe:", status.error);
await broker.close();
