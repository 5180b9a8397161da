import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { startSecretService } from "../support/secret-service.mjs";
import { createTemporaryDirectory } from "../support/temporary-directory.mjs";
import { writeAnswers } from "./canned-answers.mjs";
import { endOf, startPrivateBus } from "./private-bus.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const build = join(here, "build");

/** @type {Record<string, string>} */
const noRequests = {};

/** The programs in C. */
export const programs = {
  stub: join(build, "stub_broker"),
  floor: join(build, "floor_client"),
  emptyAddon: join(build, "empty_addon.node"),
};

/** @returns {string} */
export function nodeApiHeaders() {
  return createRequire(import.meta.url)("node-api-headers").include_dir;
}

/** Builds the programs in C; what is up to date is left alone. */
export function buildPrograms() {
  mkdirSync(build, { recursive: true });
  run("cmake", ["-S", join(here, "native"), "-B", build, `-DNODE_API_INCLUDE=${nodeApiHeaders()}`]);
  run("cmake", ["--build", build]);
}

/**
 * A private bus with the stub on it, and a Secret Service where one is asked for.
 * @param {import("./platforms.mjs").StageOptions} [options]
 */
export async function startBusStage({
  accounts = 1,
  longLived = false,
  secretService = false,
  broker = true,
} = {}) {
  const folder = createTemporaryDirectory("bench");
  /** @type {(() => Promise<void>)[]} */
  const cleanUps = [async () => folder.remove()];
  const stop = async () => {
    for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  };
  try {
    const bus = await startPrivateBus(folder.path);
    cleanUps.push(bus.stop);
    const env = { DBUS_SESSION_BUS_ADDRESS: bus.address };
    if (broker) {
      const answers = join(folder.path, "answers");
      writeAnswers(answers, { accounts, longLived });
      const stub = await startStub(bus.address, answers);
      cleanUps.push(stub.stop);
      // An app on a desktop has one; Microsoft's client keeps its cache there.
      const service = secretService ? await startSecretService(bus.address) : undefined;
      if (service) cleanUps.push(service.stop);
      return {
        env: { ...env, ...service?.env },
        address: bus.address,
        folder: folder.path,
        requests: stub.requests,
        stop,
      };
    }
    return { env, address: bus.address, folder: folder.path, requests: async () => noRequests, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** @param {string} address @param {string} answers */
async function startStub(address, answers) {
  const stub = spawn(programs.stub, [address, answers], { stdio: ["ignore", "pipe", "inherit"] });
  const stop = endOf(stub);
  const lines = createInterface({ input: stub.stdout });
  await once(lines, "line");
  /** The last request of each method, as files for the floor. */
  const requests = async () => {
    /** @type {Record<string, string>} */
    const files = {};
    const seen = new Promise((resolve) => {
      const onLine = (/** @type {string} */ line) => {
        if (line === "end") {
          lines.off("line", onLine);
          resolve(undefined);
          return;
        }
        const space = line.indexOf(" ");
        const method = line.slice(0, space);
        files[method] = join(answers, `${method}.request`);
        writeFileSync(files[method], line.slice(space + 1));
      };
      lines.on("line", onLine);
    });
    stub.kill("SIGUSR1");
    await seen;
    return files;
  };
  return { requests, stop };
}

/** @param {string} command @param {string[]} args */
function run(command, args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} failed: ${error?.message ?? stdout + stderr}`);
}
