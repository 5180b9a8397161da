// Lists, tells its parent, and lists again when told to, with a new client but the same credential.
import { BlobServiceClient } from "@azure/storage-blob";
import { InteractiveBrowserBrokerCredential } from "@x/broker";
import { waitForSign } from "../../support/wait-for-sign.mjs";

const credential = new InteractiveBrowserBrokerCredential({ useDefaultBrokerAccount: true });

async function list() {
  const service = new BlobServiceClient(process.env.STORAGE_ACCOUNT_URL ?? "", credential);
  for await (const container of service.listContainers()) console.log(container.name);
}

await list();
console.log("again?");
await waitForSign();
await list();
