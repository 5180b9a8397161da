import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const require = createRequire(import.meta.url);

/**
 * What this machine lacks to run Microsoft's client and the Secret Service it wants, as one sentence, or
 * `undefined` when nothing is missing. On continuous integration a lack is an error: these tests must run there.
 */
export function whyMicrosoftClientCannotRun(): string | undefined {
  const reason = findReason();
  if (reason !== undefined && process.env["CI"] === "true") throw new Error(reason);
  return reason;
}

function findReason(): string | undefined {
  if (process.platform !== "linux" || process.arch !== "x64") {
    return `Microsoft's client for Linux exists for x64 only; this is ${process.platform} ${process.arch}.`;
  }
  const missing = [
    ...missingLibraries(),
    ...["gnome-keyring-daemon", "dbus-send"].filter((program) => !isInstalled(program)),
  ];
  if (missing.length === 0) return undefined;
  return `Microsoft's client cannot run here without ${missing.join(", ")}: install the packages listed under "interop" in scripts/system-packages.json.`;
}

function missingLibraries(): string[] {
  const runtime = dirname(require.resolve("@azure/msal-node-runtime"));
  const library = join(runtime, "linux/ubuntu/x64/libmsalruntime.so");
  const { stdout } = spawnSync("ldd", [library], { encoding: "utf8" });
  return [...(stdout ?? "").matchAll(/^\s*(\S+) => not found/gm)].map((match) => match[1] ?? "");
}

function isInstalled(program: string): boolean {
  return spawnSync("sh", ["-c", 'command -v "$0"', program]).status === 0;
}
