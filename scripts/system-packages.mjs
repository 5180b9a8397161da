// What the workspace needs from the operating system, by name, and how to get it.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

const lists = JSON.parse(readFileSync(new URL("./system-packages.json", import.meta.url), "utf8"));

const useOfGroups = {
  interop: "Only the tests with Microsoft's own client need these; without them those tests are skipped",
  macos: "Only the tests of the macOS side need these; without them those tests are skipped",
};

/**
 * Installs what is missing through apt when that is possible without asking, else prints what to install.
 * Ends the process when the build cannot go on without it.
 * @param {(keyof typeof useOfGroups)[]} groups what is wanted beside what the build needs
 * @returns {Record<keyof typeof useOfGroups, "present" | "missing">} which of the groups are there
 */
export function ensureSystemPackages(groups) {
  const wanted = [...lists.build, ...groups.flatMap((group) => lists[group])];
  if (!has("dpkg-query")) return withoutApt();
  const missing = wanted.filter((name) => !isInstalled(name));
  if (missing.length > 0) tryToInstall(missing);

  const absentOf = (group) => lists[group].filter((name) => !isInstalled(name));
  const needed = absentOf("build");
  if (needed.length > 0) {
    console.error(`The build needs these system packages:\n\n  sudo apt-get install ${needed.join(" ")}\n`);
  }
  const absent = groups.filter((group) => absentOf(group).length > 0);
  for (const group of absent) {
    console.error(`${useOfGroups[group]}:\n\n  sudo apt-get install ${absentOf(group).join(" ")}\n`);
  }
  if (needed.length > 0 || (absent.length > 0 && process.env.CI === "true")) process.exit(1);
  return whichArePresent((group) => groups.includes(group) && !absent.includes(group));
}

function tryToInstall(names) {
  const apt = aptCommand();
  if (apt === undefined) return;
  console.log(`Installing from apt: ${names.join(" ")}`);
  const install = () => ran([...apt, "install", "--yes", "--no-install-recommends", ...names]);
  // The package lists of a fresh machine are empty or old.
  if (!install()) ran([...apt, "update"]) && install();
}

function whichArePresent(isPresent) {
  const groups = Object.keys(useOfGroups);
  return Object.fromEntries(groups.map((group) => [group, isPresent(group) ? "present" : "missing"]));
}

function withoutApt() {
  const tools = ["g++", "cmake", "make", "pkg-config", "dbus-daemon"].filter((name) => !has(name));
  const library = spawnSync("pkg-config", ["--exists", "libsystemd"]).status === 0;
  if (tools.length === 0 && library) return whichArePresent(() => false);
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
