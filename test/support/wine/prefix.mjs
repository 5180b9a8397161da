import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cacheDirectory, moveInPlace } from "./windows-node.mjs";

/** Named after what is in it: whoever changes the registry below gets a new one. */
const prefixName = "wine-prefix-2";

/** Names the fake WAM for one process; where it names nothing, that process' Windows has a broken WAM. */
export const fakeWamVariable = "BROKER_FAKE_WAM";

/** The WinRT classes of the Web Account Manager and of its account picker; the last is for Microsoft's own client. */
const classes = [
  "Windows.Security.Authentication.Web.Core.WebAuthenticationCoreManager",
  "Windows.Security.Authentication.Web.Core.WebTokenRequest",
  "Windows.UI.ApplicationSettings.AccountsSettingsPane",
  "Windows.UI.ApplicationSettings.WebAccountProviderCommand",
  "Windows.System.DispatcherQueueController",
];

/**
 * The environment for a Windows program in the prefix.
 * @param {string} prefix
 */
export function wineEnvironment(prefix) {
  return {
    WINEPREFIX: prefix,
    WINEDEBUG: process.env["WINEDEBUG"] ?? "-all",
    // Else it wants to download Gecko and Mono, to put entries into the menus of a desktop, and to debug what crashes.
    WINEDLLOVERRIDES: "mscoree,mshtml,winemenubuilder.exe,winedbg.exe=",
    // With a display the tests would show windows on it.
    DISPLAY: "",
    WAYLAND_DISPLAY: "",
  };
}

/**
 * A folder with a Windows in it ("prefix"): Windows 10, no display, and WAM's classes registered. Made at the first
 * call, which takes some ten seconds and 700 MB.
 * @returns {Promise<string>}
 */
export async function winePrefix() {
  const prefix = join(cacheDirectory, prefixName);
  if (existsSync(prefix)) return prefix;

  await mkdir(cacheDirectory, { recursive: true });
  const workshop = await mkdtemp(join(cacheDirectory, "make-prefix-"));
  try {
    await wine(workshop, "wineboot", "--init");
    const registry = join(workshop, "setup.reg");
    await writeFile(registry, `\ufeff${registryFile()}`, "utf16le");
    await wine(workshop, "regedit", "/S", `Z:${registry.replaceAll("/", "\\")}`);
    // Wine's default is Windows 7, which Node.js refuses to run on.
    await wine(workshop, "winecfg", "-v", "win10");
    // Its server writes the registry to disk when the last program has gone.
    await finished(spawn("wineserver", ["--wait"], { env: { ...process.env, WINEPREFIX: workshop } }));
    await moveInPlace(workshop, prefix);
  } finally {
    await rm(workshop, { recursive: true, force: true });
  }
  return prefix;
}

function registryFile() {
  const registered = classes.map(
    (name) => `[HKEY_LOCAL_MACHINE\\Software\\Microsoft\\WindowsRuntime\\ActivatableClassId\\${name}]
"DllPath"=hex(2):${utf16Hex(`%${fakeWamVariable}%`)}
"ActivationType"=dword:00000000
"Threading"=dword:00000000`,
  );
  // "null" is Wine's driver for windows that nobody sees; without any, no window can be made at all.
  const graphics = `[HKEY_CURRENT_USER\\Software\\Wine\\Drivers]
"Graphics"="null"`;
  return `Windows Registry Editor Version 5.00\n\n${[graphics, ...registered].join("\n\n")}\n`;
}

/**
 * An expandable string as registry files have it.
 * @param {string} text
 */
function utf16Hex(text) {
  return [...Buffer.from(`${text}\0`, "utf16le")].map((byte) => byte.toString(16).padStart(2, "0")).join(",");
}

/**
 * @param {string} prefix
 * @param {string} program
 * @param {...string} args
 */
async function wine(prefix, program, ...args) {
  const env = { ...process.env, ...wineEnvironment(prefix) };
  await finished(spawn("wine", [program, ...args], { env, stdio: "ignore" }));
}

/** @param {import("node:child_process").ChildProcess} child */
async function finished(child) {
  const [code, signal] = await once(child, "exit");
  if (code !== 0) throw new Error(`${child.spawnargs.join(" ")} ended with ${code ?? signal}.`);
}
