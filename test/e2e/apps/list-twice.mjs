// Lists, tells its parent, and lists again when told to, with a new client but the same credential.
import { once } from "node:events";
import { BlobServiceClient } from "@azure/storage-blob";
import { InteractiveBrowserBrokerCredential } from "@x/broker";

const credential = new InteractiveBrowserBrokerCredential({ useDefaultBrokerAccount: true });

async function list() {
  const service = new BlobServiceClient(process.env.STORAGE_ACCOUNT_URL ?? "", credential);
  for await (const container of service.listContainers()) console.log(container.name);
}

await list();
const told = once(process, "SIGUSR2");
console.log("again?");
// The credential keeps no process alive, so something else must.
const waiting = setInterval(() => {}, 60_000);
await told;
clearInterval(waiting);
await list();
