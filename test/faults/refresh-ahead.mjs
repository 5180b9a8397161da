// Gets a token, and once more when it is due for a new one: that is fetched in the background, where nobody awaits it.
// Has nothing to do afterwards, so the process shall end by itself, whatever the broker does.

import { InteractiveBrowserBrokerCredential } from "@x/broker";
import { createLinuxBroker } from "@x/broker-linux";

const broker = createLinuxBroker();
let pending = 0;
const ask = broker.acquireTokenSilently.bind(broker);
broker.acquireTokenSilently = async (...args) => {
  pending += 1;
  try {
    return await ask(...args);
  } finally {
    pending -= 1;
  }
};

const credential = new InteractiveBrowserBrokerCredential({ useDefaultBrokerAccount: true, broker });
const scope = "https://storage.azure.com/.default";
const first = await credential.getToken(scope);
process.send("got the first");
await new Promise((resolve) => process.once("message", resolve));
process.disconnect();
const passed = first.refreshAfterTimestamp - Date.now() + 1000;
const now = Date.now;
Date.now = () => now() + passed;
const second = await credential.getToken(scope);
process.on("exit", () => {
  console.log(JSON.stringify({ fromMemory: second.token === first.token, stillFetching: pending }));
});
