// Asks for tokens with the scope given as argument, and shows them to the blob service. (The client's `audience`
// option is a scope: it goes to the credential as it is.)
import { BlobServiceClient } from "@azure/storage-blob";
import { InteractiveBrowserBrokerCredential } from "@x/broker";

const credential = new InteractiveBrowserBrokerCredential({ useDefaultBrokerAccount: true });
const service = new BlobServiceClient(process.env.STORAGE_ACCOUNT_URL ?? "", credential, {
  audience: process.argv[2],
});
try {
  for await (const container of service.listContainers()) console.log(container.name);
} catch (error) {
  console.log(JSON.stringify({ name: error.name, statusCode: error.statusCode, code: error.code }));
}
