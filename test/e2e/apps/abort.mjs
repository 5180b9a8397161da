// Gives up on a listing while its token is on the way, and has to end by itself after that.
import { BlobServiceClient } from "@azure/storage-blob";
import { InteractiveBrowserBrokerCredential } from "@x/broker";
import { waitForSign } from "../../support/wait-for-sign.mjs";

const credential = new InteractiveBrowserBrokerCredential({ useDefaultBrokerAccount: true });
const service = new BlobServiceClient(process.env.STORAGE_ACCOUNT_URL ?? "", credential);
const controller = new AbortController();
waitForSign().then(() => controller.abort());

try {
  const pages = service.listContainers({ abortSignal: controller.signal }).byPage();
  const listing = pages.next();
  console.log("asking");
  await listing;
  console.log("listed");
} catch (error) {
  console.log(error.name);
}
