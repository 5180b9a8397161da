// Eight clients share a credential and all start at once.
import { BlobServiceClient } from "@azure/storage-blob";
import { InteractiveBrowserBrokerCredential } from "@x/broker";

const credential = new InteractiveBrowserBrokerCredential({ useDefaultBrokerAccount: true });
const listings = await Promise.all(
  Array.from({ length: 8 }, async () => {
    const service = new BlobServiceClient(process.env.STORAGE_ACCOUNT_URL ?? "", credential);
    const names = [];
    for await (const container of service.listContainers()) names.push(container.name);
    return names.join(" ");
  }),
);
console.log(JSON.stringify(listings));
