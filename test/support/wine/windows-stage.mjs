import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { DiscoveryServer, EmulatedTenant } from "@x/broker-emulator";
import { startBlobService } from "../blob-service.mjs";
import { createTemporaryDirectory } from "../temporary-directory.mjs";
import { bundleForWindows } from "./bundle.mjs";
import { startDoorServer } from "./door-server.mjs";
import { builtForWindows, fakeWamEnvironment } from "./fake-wam-file.mjs";
import { whyWineCannotRun } from "./requirements.mjs";
import { runWindowsNode, windowsFileUrl, windowsPath } from "./run-windows-node.mjs";

const repository = fileURLToPath(new URL("../../../", import.meta.url));
const preload = fileURLToPath(new URL("./remote-door.mjs", import.meta.url));

/** What other brokers call the requests that these calls of WAM are. */
const brokerMethods = Object.entries({
  acquireTokenSilently: /^GetTokenSilently/,
  acquireTokenInteractively: /^RequestToken/,
  getAccounts: /^FindAllAccounts/,
});

/**
 * The stage of `startStage` in Windows: unmodified apps in Windows' Node.js under Wine, with the shipped addon and a
 * fake WAM that asks a tenant out here.
 * @param {object} [options]
 * @param {string} [options.username]
 * @param {readonly string[]} [options.containers]
 * @param {readonly string[]} [options.apps] folders, from the repository's root, whose programs can be run
 */
export async function startWindowsStage(options = {}) {
  const { username = "ada@contoso.example", containers = ["invoices", "photos"] } = options;
  const { apps = ["examples", "test/e2e/apps"] } = options;
  const unusable = await whyWineCannotRun(builtForWindows);
  const tenant = new EmulatedTenant({ domain: username.split("@")[1] ?? "contoso.example" });
  const account = tenant.addAccount({ username, name: "Ada Lovelace" });

  /** @type {(() => unknown)[]} */
  const cleanups = [];
  const stop = async () => {
    for (const cleanUp of cleanups.splice(0).reverse()) await cleanUp();
  };
  try {
    const doors = await startDoorServer(tenant);
    cleanups.push(doors.stop);
    const discovery = await DiscoveryServer.start(tenant);
    cleanups.push(() => discovery.stop());
    const blobs = await startBlobService({ containers });
    cleanups.push(blobs.stop);
    const bundles = createTemporaryDirectory("windows-apps");
    cleanups.push(bundles.remove);
    if (unusable === undefined) await bundleApps(apps, bundles.path);

    let isBroken = false;
    const env = {
      ...blobs.env,
      NODE_EXTRA_CA_CERTS: windowsPath(blobs.env.NODE_EXTRA_CA_CERTS),
      BROKER_WAM_DOOR: String(doors.port),
    };
    /**
     * @param {string} file an app in one of the folders
     * @param {{
     *   args?: readonly string[],
     *   env?: Readonly<Record<string, string | undefined>>,
     *   onLine?: (line: string) => void,
     * }} [how]
     */
    const runApp = async (file, how = {}) => {
      const wam = isBroken ? [] : ["--import", windowsFileUrl(join(bundles.path, "remote-door.mjs"))];
      const bundled = join(bundles.path, relative(repository, file));
      const outcome = await runWindowsNode([...wam, windowsPath(bundled), ...(how.args ?? [])], {
        timeoutInMs: 60_000,
        env: { ...env, ...(isBroken ? {} : fakeWamEnvironment), ...how.env },
        ...(how.onLine === undefined ? {} : { onLine: how.onLine }),
      });
      const { code, stdout, stderr } = outcome;
      return { code, stdout: stdout.replaceAll("\r\n", "\n"), stderr: stderr.replaceAll("\r\n", "\n") };
    };
    return {
      tenant,
      account,
      emulator: {
        discoveryUrl: discovery.url,
        get requests() {
          return doors.door.requests.map((request) => ({ ...request, method: brokerMethod(request.method) }));
        },
        clearRequests: () => doors.door.clearRequests(),
      },
      blobs,
      env,
      unusable,
      runApp,
      async breakDown() {
        isBroken = true;
      },
      async recover() {
        isBroken = false;
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** @param {string} call */
function brokerMethod(call) {
  return brokerMethods.find(([, pattern]) => pattern.test(call))?.[0] ?? call;
}

/**
 * Each app at the place in `directory` that it has in the repository, so that one finds another.
 * @param {readonly string[]} folders
 * @param {string} directory
 */
async function bundleApps(folders, directory) {
  const programs = folders.flatMap((folder) =>
    readdirSync(join(repository, folder)).map((name) => join(folder, name)),
  );
  for (const format of /** @type {const} */ (["esm", "cjs"])) {
    const extension = format === "esm" ? ".mjs" : ".cjs";
    const own = programs.filter((path) => path.endsWith(extension));
    const named = own.map((path) => [path.slice(0, -extension.length), join(repository, path)]);
    const files = Object.fromEntries(
      format === "esm" ? [...named, [basename(preload, ".mjs"), preload]] : named,
    );
    if (named.length > 0) await bundleForWindows({ files, directory, format });
  }
  shipBeside(directory, "@x/broker-win");
}

/**
 * Where a program looks for a package that it loads at once: no bundler takes that one in. It leads to the package as
 * it is shipped.
 * @param {string} directory
 * @param {string} packageName
 */
function shipBeside(directory, packageName) {
  const file = createRequire(import.meta.url)
    .resolve(packageName)
    .replace("/dist/esm/", "/dist/cjs/");
  const folder = join(directory, "node_modules", packageName);
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, "index.js"),
    `module.exports = require(${JSON.stringify(windowsPath(file))});\n`,
  );
}
