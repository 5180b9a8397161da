// Lists the containers of a storage account as the user who is signed in to this computer.
//
//   STORAGE_ACCOUNT_URL=https://<account>.blob.core.windows.net node list-blob-containers.mjs
import { BlobServiceClient } from "@azure/storage-blob";
import { InteractiveBrowserBrokerCredential } from "@x/broker";

const url = process.env.STORAGE_ACCOUNT_URL;
if (!url) throw new Error("Set STORAGE_ACCOUNT_URL to https://<account>.blob.core.windows.net");

// Asks the operating system's broker: silently if it can, with a sign-in window if it must.
const credential = new InteractiveBrowserBrokerCredential({ useDefaultBrokerAccount: true });
const service = new BlobServiceClient(url, credential);

for await (const container of service.listContainers()) {
  console.log(container.name);
}
