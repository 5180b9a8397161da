import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { windowsNode } from "./windows-node.mjs";

/**
 * What this machine lacks to run Windows' Node.js with the addon and the fake WAM, as one sentence, or `undefined`
 * when nothing is missing. On continuous integration a lack is an error: these tests must run there.
 * @param {readonly string[]} [files] that must have been built
 * @returns {Promise<string | undefined>}
 */
export async function whyWindowsCannotRun(files = []) {
  const reason = missingFile(files) ?? (process.platform === "win32" ? undefined : await missingForWine());
  if (reason !== undefined && process.env["CI"] === "true") throw new Error(reason);
  return reason;
}

/**
 * The same for what needs Wine and not just Windows: a process that a test out here starts and watches, or one that
 * finds the fake WAM in the registry.
 * @param {readonly string[]} [files]
 */
export async function whyWineCannotRun(files = []) {
  return process.platform === "win32"
    ? "this is Windows itself, where nobody can put another WAM into the registry"
    : whyWindowsCannotRun(files);
}

/** @param {readonly string[]} files */
function missingFile(files) {
  const unbuilt = files.filter((file) => !existsSync(file));
  if (unbuilt.length === 0) return undefined;
  return `Not built: ${unbuilt.join(", ")}. It needs mingw-w64; then npm run build.`;
}

async function missingForWine() {
  if (process.platform !== "linux" || process.arch !== "x64") {
    return `Wine runs Windows' x64 programs on Linux x64 only; this is ${process.platform} ${process.arch}.`;
  }
  const missing = ["wine", "wineserver"].filter((program) => !isInstalled(program));
  if (missing.length > 0) {
    return `There is no ${missing.join(" and no ")} here: install the packages listed under "windows" in scripts/system-packages.json.`;
  }
  try {
    await windowsNode();
  } catch (error) {
    return `Node.js for Windows could not be fetched from the npm registry: ${error}`;
  }
  return undefined;
}

/** @param {string} program */
function isInstalled(program) {
  return spawnSync("sh", ["-c", 'command -v "$0"', program], { stdio: "ignore" }).status === 0;
}
