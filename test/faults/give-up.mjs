// Makes calls on a bus that does not answer, and gives up those it awaits: `node give-up.mjs HOW`, with HOW one of
// timeout, abort, background (a call that nobody awaits) and both (one of those first, then one that is awaited).
// Has nothing to do afterwards, so the process shall end by itself.
import { createLinuxBroker } from "@x/broker-linux";

const how = process.argv[2];
const broker = createLinuxBroker();
const call = (options) => broker.getAccounts({ clientId: "04b07795-8ddb-461a-bbee-02f9e1bf7b46" }, options);
const inBackground = { keepProcessAlive: false, timeoutInMs: 0 };

function patience() {
  if (how !== "abort") return { timeoutInMs: 100 };
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 100);
  return { abortSignal: controller.signal };
}

if (how === "background" || how === "both") call(inBackground).catch(() => console.log("waited"));
if (how !== "background") {
  await call(patience()).catch((error) => console.log(error.code ?? error.name));
}
// Much sooner than connecting would end by itself. Fires only if something else keeps the process alive.
setTimeout(() => {
  console.log("still alive");
  process.exit(1);
}, 6000).unref();
