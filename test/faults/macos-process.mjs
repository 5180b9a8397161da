// A program that asks the macOS broker, over the double, and does not end by itself in any other way.
import { createRequire } from "node:module";
import { createMacBroker } from "@x/broker-mac";

const require = createRequire(import.meta.url);
const extension = require(process.env.EXTENSION_FILE);
const how = process.argv[2];
extension.setCaller({ signingIdentifier: "node" });
const received = new Promise((resolve) => {
  extension.onRequest((request) => {
    resolve(request);
    if (how !== "await") return;
    request.answer({
      headers: {
        operation: "get_accounts_operation",
        success: "1",
        operation_response_type: "operation_get_accounts_response",
      },
    });
  });
});

const broker = createMacBroker({ loadBinding: () => require(process.env.BINDING_FILE) });
const options = { keepProcessAlive: how !== "background" };
const call = broker.getAccounts({ clientId: "a" }, options).then(() => console.log("answered"));
if (how === "exit") {
  await received;
  process.exit();
}
if (how === "await") await call;
