// Asks the macOS broker from a worker thread, with the addon over the double.
import { createRequire } from "node:module";
import { parentPort, workerData } from "node:worker_threads";
import { createMacBroker } from "@x/broker-mac";

const require = createRequire(import.meta.url);
const broker = createMacBroker({
  loadBinding: () => require(workerData.binding),
  companyPortal: async () => ({ installed: true }),
});
try {
  await broker.getAccounts({ clientId: "a" });
  parentPort.postMessage({});
} catch (error) {
  parentPort.postMessage({ code: error.code, reason: error.reason });
}
