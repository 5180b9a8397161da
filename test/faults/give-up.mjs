// Gives a call up on a bus that does not answer: `node give-up.mjs timeout | abort`. Has nothing to do afterwards,
// so the process shall end by itself.
import { createLinuxBroker } from "@x/broker-linux";

const controller = new AbortController();
const byAbort = process.argv[2] === "abort";
if (byAbort) setTimeout(() => controller.abort(), 100);
const options = byAbort ? { abortSignal: controller.signal } : { timeoutInMs: 100 };
const broker = createLinuxBroker();
try {
  await broker.getAccounts({ clientId: "04b07795-8ddb-461a-bbee-02f9e1bf7b46" }, options);
} catch (error) {
  console.log(error.code ?? error.name);
}
// Much sooner than connecting would end by itself. Fires only if something else keeps the process alive.
setTimeout(() => {
  console.log("still alive");
  process.exit(1);
}, 6000).unref();
