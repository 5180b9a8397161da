// What the workspace needs from the operating system, by name, and how to get it.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

const lists = JSON.parse(readFileSync(new URL("./system-packages.json", import.meta.url), "utf8"));

/** What can be left out, and what is left out with it. */
const uses = {
  interop: "the tests with Microsoft's own client",
  browser: "the tests that click through sign-in pages",
};
/** A browser by any of these names will do. */
const browsers = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/**
 * Installs what is missing through apt when that is possible without asking, else prints what to install.
 * Ends the process when the build cannot go on without it.
 * @param {readonly ("interop" | "browser")[]} optional groups that are wanted as well
 * @returns {Record<"interop" | "browser", "present" | "missing">} what is there of them
 */
export function ensureSystemPackages(optional) {
  if (!has("dpkg-query")) return withoutApt();
  const missing = ["build", ...optional].flatMap(missingOf);
  if (missing.length > 0) {
    const apt = aptCommand();
    if (apt) {
      console.log(`Installing from apt: ${missing.join(" ")}`);
      const install = (names) => ran([...apt, "install", "--yes", "--no-install-recommends", ...names]);
      // The package lists of a fresh machine are empty or old.
      if (!install(missing)) ran([...apt, "update"]) && install(missing);
      // One that this system does not have shall not keep the others away.
      for (const group of ["build", ...optional]) if (missingOf(group).length > 0) install(missingOf(group));
    }
  }

  const needed = missingOf("build");
  const lacking = optional.filter((group) => missingOf(group).length > 0);
  if (needed.length > 0)
    console.error(`The build needs these system packages:\n\n  sudo apt-get install ${needed.join(" ")}\n`);
  for (const group of lacking)
    console.error(
      `Only ${uses[group]} need these; without them those tests are skipped:\n\n  sudo apt-get install ${missingOf(group).join(" ")}\n`,
    );
  if (needed.length > 0 || (lacking.length > 0 && process.env.CI === "true")) process.exit(1);
  return { interop: stateOf("interop"), browser: stateOf("browser") };
}

function stateOf(group) {
  return missingOf(group).length === 0 ? "present" : "missing";
}

function missingOf(group) {
  if (group === "browser" && browsers.some(has)) return [];
  return lists[group].filter((name) => !isInstalled(name));
}

function withoutApt() {
  const tools = ["g++", "cmake", "make", "pkg-config", "dbus-daemon"].filter((name) => !has(name));
  const library = spawnSync("pkg-config", ["--exists", "libsystemd"]).status === 0;
  if (tools.length === 0 && library)
    return { interop: "missing", browser: browsers.some(has) ? "present" : "missing" };
  console.error(
    `This is not a Debian-like system, so please install by hand: ${[...tools, ...(library ? [] : ["the libsystemd development files"])].join(", ")}`,
  );
  return process.exit(1);
}

function isInstalled(name) {
  // A tool such as cmake may be there without apt knowing it.
  if (has(name)) return true;
  const { stdout } = spawnSync("dpkg-query", ["-s", name], { encoding: "utf8" });
  return stdout.includes("Status: install ok installed");
}

function aptCommand() {
  const apt = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "--quiet=2"];
  if (process.getuid() === 0) return apt;
  return has("sudo") && spawnSync("sudo", ["--non-interactive", "true"]).status === 0
    ? ["sudo", ...apt]
    : undefined;
}

function ran([command, ...args]) {
  return spawnSync(command, args, { stdio: ["ignore", "inherit", "inherit"] }).status === 0;
}

function has(command) {
  return spawnSync("sh", ["-c", `command -v ${command}`], { stdio: "ignore" }).status === 0;
}
