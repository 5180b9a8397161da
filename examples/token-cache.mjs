// Lists the containers of a storage account twice with one credential and says how long each took: the second
// time the token comes from the credential's memory, and nobody is asked for it.
import { BlobServiceClient } from "@azure/storage-blob";
import { InteractiveBrowserBrokerCredential } from "@x/broker";

const url = process.env.STORAGE_ACCOUNT_URL;
if (!url) throw new Error("Set STORAGE_ACCOUNT_URL to https://<account>.blob.core.windows.net");

const credential = new InteractiveBrowserBrokerCredential({ useDefaultBrokerAccount: true });

for (const time of ["first", "second"]) {
  const started = performance.now();
  // The same question as the client's, which is ready for continuous access evaluation.
  await credential.getToken("https://storage.azure.com/.default", { enableCae: true });
  const gotToken = performance.now();

  // A new client, so that it has no token of its own.
  const service = new BlobServiceClient(url, credential);
  let containers = 0;
  for await (const _container of service.listContainers()) containers++;
  const listed = performance.now();

  console.log(
    `${time} time: token in ${(gotToken - started).toFixed(3)} ms, ` +
      `${containers} containers listed in ${(listed - gotToken).toFixed(1)} ms`,
  );
}
