// Makes calls to a WAM that does not answer, and gives up those it awaits: see give-up.mjs. `exit` ends the process in
// the middle of a call. When to abort or exit is told from outside.
import { createWindowsBroker } from "@x/broker-win";
import { waitForSign } from "../support/wait-for-sign.mjs";

const how = process.argv[2];
const broker = createWindowsBroker();
const request = {
  authority: "https://login.microsoftonline.com/organizations",
  clientId: "04b07795-8ddb-461a-bbee-02f9e1bf7b46",
  scopes: ["https://graph.microsoft.com/User.Read"],
};
const call = (options) => broker.acquireTokenSilently(request, options);

function patience() {
  if (how !== "abort") return { timeoutInMs: 300 };
  const controller = new AbortController();
  waitForSign().then(() => controller.abort());
  return { abortSignal: controller.signal };
}

if (how === "background" || how === "both") {
  call({ keepProcessAlive: false, timeoutInMs: 0 }).catch(() => console.log("waited"));
}
if (how === "exit") {
  call({ timeoutInMs: 0 }).catch(() => {});
  waitForSign().then(() => process.exit(3));
} else if (how !== "background") {
  await call(patience()).catch((error) => console.log(error.code ?? error.name));
}
// Fires only if something else keeps the process alive.
setTimeout(() => {
  console.log("still alive");
  process.exit(1);
}, 20_000).unref();
