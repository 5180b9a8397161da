// The same as list-blob-containers.mjs, for an app that is still CommonJS.
const { BlobServiceClient } = require("@azure/storage-blob");
const { InteractiveBrowserBrokerCredential } = require("@x/broker");

async function main() {
  const url = process.env.STORAGE_ACCOUNT_URL;
  if (!url) throw new Error("Set STORAGE_ACCOUNT_URL to https://<account>.blob.core.windows.net");

  const credential = new InteractiveBrowserBrokerCredential({ useDefaultBrokerAccount: true });
  const service = new BlobServiceClient(url, credential);

  for await (const container of service.listContainers()) {
    console.log(container.name);
  }
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
