// Makes calls to a WAM that does not answer, and gives up those it awaits: see give-up.mjs. `exit` ends the process in
// the middle of a call. That WAM has been asked is told by a file, ASKED.
import { existsSync } from "node:fs";
import { createWindowsBroker } from "@x/broker-win";

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
  whenAsked(() => controller.abort());
  return { abortSignal: controller.signal };
}

function whenAsked(act) {
  const asked = process.env.ASKED ?? "";
  const watching = setInterval(() => {
    if (!existsSync(asked)) return;
    clearInterval(watching);
    act();
  }, 20);
}

if (how === "background" || how === "both") {
  call({ keepProcessAlive: false, timeoutInMs: 0 }).catch(() => console.log("waited"));
}
if (how === "exit") {
  call({ timeoutInMs: 0 }).catch(() => {});
  whenAsked(() => process.exit(3));
} else if (how !== "background") {
  await call(patience()).catch((error) => console.log(error.code ?? error.name));
}
// Fires only if something else keeps the process alive.
setTimeout(() => {
  console.log("still alive");
  process.exit(1);
}, 20_000).unref();
