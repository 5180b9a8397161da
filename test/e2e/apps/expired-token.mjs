// Keeps a token beyond its end, as no credential would, and shows it to the blob service before and after.
import { setTimeout as sleep } from "node:timers/promises";
import { BlobServiceClient } from "@azure/storage-blob";
import { InteractiveBrowserBrokerCredential } from "@x/broker";

const credential = new InteractiveBrowserBrokerCredential({ useDefaultBrokerAccount: true });

async function list(tokenCredential) {
  const service = new BlobServiceClient(process.env.STORAGE_ACCOUNT_URL ?? "", tokenCredential);
  try {
    for await (const container of service.listContainers()) console.log(container.name);
  } catch (error) {
    console.log(JSON.stringify({ name: error.name, statusCode: error.statusCode, code: error.code }));
  }
}

const token = await credential.getToken("https://storage.azure.com/.default");
const stubborn = { getToken: async () => token };
await list(stubborn);
while (Date.now() <= token.expiresOnTimestamp + 1000) await sleep(100);
await list(stubborn);
await list(credential);
