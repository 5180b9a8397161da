import { BlobServiceClient, StorageSharedKeyCredential } from "@azure/storage-blob";
import { azuriteAccount, startAzurite } from "./azurite.mjs";
import { startRecordingProxy } from "./recording-proxy.mjs";
import { createTemporaryDirectory } from "./temporary-directory.mjs";
import { createLoopbackCertificate } from "./tls-certificate.mjs";

/**
 * Starts a blob service that takes Entra tokens, over TLS, with some containers in it, and keeps a record of
 * what it is asked. An app reaches it unchanged with `env` in its environment.
 * @param {{ containers: readonly string[] }} options names of the containers to create
 */
export async function startBlobService({ containers }) {
  /** @type {(() => unknown)[]} */
  const cleanups = [];
  const stop = async () => {
    for (const cleanUp of cleanups.splice(0).reverse()) await cleanUp();
  };
  try {
    const directory = createTemporaryDirectory("blob");
    cleanups.push(directory.remove);
    const certificate = await createLoopbackCertificate(directory.path);
    const azurite = await startAzurite({ ...certificate, directory: directory.path });
    cleanups.push(azurite.stop);
    const proxy = await startRecordingProxy(azurite.url, certificate);
    cleanups.push(proxy.stop);
    const url = `${proxy.url}/${azuriteAccount.name}`;
    await createContainers(url, certificate.cert, containers);
    proxy.requests.length = 0;
    return {
      url,
      /** What the service was asked since it started or since the array was emptied. */
      requests: proxy.requests,
      env: { STORAGE_ACCOUNT_URL: url, NODE_EXTRA_CA_CERTS: certificate.certFile },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * @param {string} url
 * @param {string} certificate
 * @param {readonly string[]} names
 */
async function createContainers(url, certificate, names) {
  /** @type {import("@azure/storage-blob").StoragePipelineOptions & { tlsOptions: { ca: string } }} */
  const trust = { tlsOptions: { ca: certificate } };
  const ownersKey = new StorageSharedKeyCredential(azuriteAccount.name, azuriteAccount.key);
  const owner = new BlobServiceClient(url, ownersKey, trust);
  await Promise.all(names.map((name) => owner.createContainer(name)));
}
