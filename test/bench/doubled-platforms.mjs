// macOS and Windows on Linux: the shipped sources over a double of the operating system. Both sides are processes of
// ours, since the double has to be in the process that is measured.
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { doubleFiles, whyNoDouble } from "../doubles/authentication-services/double-files.mjs";
import { runNode } from "../support/run-node.mjs";
import { createTemporaryDirectory } from "../support/temporary-directory.mjs";
import { bundleForWindows } from "../support/wine/bundle.mjs";
import { builtForWindows, fakeWamEnvironment } from "../support/wine/fake-wam-file.mjs";
import { whyWineCannotRun } from "../support/wine/requirements.mjs";
import { runWindowsNode, windowsPath } from "../support/wine/run-windows-node.mjs";
import { buildPrograms, nodeApiHeaders, programs } from "./stage.mjs";
import { startSubject, startWindowsSubject } from "./subjects/subject-process.mjs";

const build = fileURLToPath(new URL("./build/windows", import.meta.url));
const emptyWindowsAddon = join(build, "empty_addon.node");
/** The one that builds the addon. */
const windowsCompiler = "x86_64-w64-mingw32-g++-posix";
const floorIs = "the addon's bare calls, and for loading an empty addon";

/** @type {import("./platforms.mjs").Platform} */
export const macos = {
  name: "macos",
  packageName: "@x/broker-mac",
  floorIs,
  warning:
    "Over a double of AuthenticationServices on GNUstep: this says nothing about times on a Mac, only what our protocol adds to the addon's bare calls.",
  // The addon that is shipped cannot be made everywhere.
  hasSizes: false,
  floorRequests: [],
  loading: {
    addon: ["doubledAddon", "@x/broker-mac", doubleFiles.binding],
    floor: ["emptyAddon", programs.emptyAddon],
  },
  less: {},
  missing: async () => whyNoDouble() ?? "",
  prepare: async () => buildPrograms(),
  runNode,
  startStage: (options) =>
    startDoubledStage(options, {}, (args) => startSubject("macos-subject.mjs", args, {})),
};

/** @type {import("./platforms.mjs").Platform} */
export const windows = {
  name: "windows",
  packageName: "@x/broker-win",
  floorIs,
  warning:
    "In Windows' Node.js under Wine, over a fake WAM: this says nothing about times on Windows, only what our protocol adds to the addon's bare calls.",
  // Built for one processor of two.
  hasSizes: false,
  floorRequests: [],
  loading: {
    addon: ["addon", "@x/broker-win"],
    floor: ["emptyAddon", windowsPath(emptyWindowsAddon)],
  },
  // A call takes ten times as long as elsewhere, the start of a process a second.
  less: { freshProcesses: 7, calls: 400, burstCalls: 960, bursts: 2, memoryCalls: 20_000 },
  missing: async () => (await whyWineCannotRun(builtForWindows)) ?? "",
  async prepare() {
    mkdirSync(build, { recursive: true });
    const source = fileURLToPath(new URL("./native/empty_addon.c", import.meta.url));
    const { status, stderr, error } = spawnSync(
      windowsCompiler,
      ["-x", "c", "-shared", "-static", "-O2", `-I${nodeApiHeaders()}`, source, "-o", emptyWindowsAddon],
      { encoding: "utf8" },
    );
    if (status !== 0) throw new Error(`The empty addon for Windows: ${error?.message ?? stderr}`);
    const subject = fileURLToPath(new URL("./subjects/windows-subject.mjs", import.meta.url));
    await bundleForWindows({ files: { subject }, directory: build });
  },
  runNode: (file, { args, env }) => runWindowsNode([windowsPath(file), ...args], { env }),
  startStage: (options) =>
    startDoubledStage(options, fakeWamEnvironment, (args) =>
      startWindowsSubject(join(build, "subject.mjs"), args, fakeWamEnvironment),
    ),
};

/**
 * @param {import("./platforms.mjs").StageOptions} options
 * @param {Readonly<Record<string, string>>} env
 * @param {(args: readonly string[]) => Promise<import("./subjects/subject-process.mjs").Subject>} start
 * @returns {Promise<import("./platforms.mjs").Stage>}
 */
async function startDoubledStage({ accounts = 1, broker = true } = {}, env, start) {
  const folder = createTemporaryDirectory("bench");
  const machine = [String(accounts), broker ? "broker" : "none"];
  /** @type {Promise<import("./subjects/subject-process.mjs").Subject> | undefined} */
  let floor;
  const ask = async (
    /** @type {string} */ call,
    /** @type {import("./subjects/subject-process.mjs").Plan} */ plan,
  ) => {
    floor ??= start(["floor", ...machine]);
    return (await floor).ask(call, plan);
  };
  return {
    env,
    folder: folder.path,
    startOurs: () => start(["ours", ...machine]),
    floor: {
      measure: ask,
      measureAbsent: (rounds) => ask("probe", { atOnce: 1, rounds, warmUp: 3 }),
    },
    async stop() {
      await floor?.then((subject) => subject.stop());
      folder.remove();
    },
  };
}
