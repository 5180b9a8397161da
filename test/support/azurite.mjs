import { fork } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

/** Azurite's built-in account, published in its documentation: no secret. */
export const azuriteAccount = {
  name: "devstoreaccount1",
  key: "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==",
};

/**
 * Starts Azurite's blob service on 127.0.0.1 over TLS, with its `basic` OAuth level: a bearer token is taken
 * only if its issuer is an Entra v1 issuer (`https://sts.windows.net/…`), its audience is a storage audience
 * and now lies between `nbf` and `exp`. It checks no signature: whoever needs that looks at the token itself.
 * @param {{ certFile: string, keyFile: string, directory: string }} options `directory`: where it may write
 */
export async function startAzurite({ certFile, keyFile, directory }) {
  const azurite = fork(
    require.resolve("azurite/dist/src/blob/main.js"),
    [
      ...["--blobHost", "127.0.0.1", "--blobPort", "0"],
      ...["--oauth", "basic", "--cert", certFile, "--key", keyFile],
      ...["--inMemoryPersistence", "--silent", "--disableTelemetry"],
      // The SDK may speak a newer API version than this Azurite was told about.
      "--skipApiVersionCheck",
    ],
    {
      cwd: directory,
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      execArgv: ["--import", new URL("./exit-with-parent.mjs", import.meta.url).href],
    },
  );
  const exited = once(azurite, "exit");
  return {
    /** @type {string} */
    url: await listeningUrl(azurite),
    /** Ends the service and waits until it is gone. */
    async stop() {
      azurite.kill("SIGKILL");
      await exited;
    },
  };
}

/** @param {import("node:child_process").ChildProcess} azurite */
function listeningUrl(azurite) {
  return new Promise((resolve, reject) => {
    let output = "";
    /** @param {Buffer} chunk */
    const read = (chunk) => {
      output += chunk;
      const url = /listens on (https:\S+)/.exec(output)?.[1];
      if (url) resolve(url);
    };
    azurite.stdout?.on("data", read);
    azurite.stderr?.on("data", read);
    azurite.once("error", reject);
    azurite.once("exit", (code) => reject(new Error(`Azurite ended with code ${code}: ${output}`)));
  });
}
