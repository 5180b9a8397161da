// What the workspace needs from the operating system, by name, and how to get it.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

const { build, optional } = JSON.parse(
  readFileSync(new URL("./system-packages.json", import.meta.url), "utf8"),
);

/**
 * Installs what is missing through apt when that is possible without asking, else prints what to install.
 * Ends the process when the build cannot go on without it.
 * @param {readonly string[]} groups which of the optional groups are wanted
 * @returns {string[]} which of them are there
 */
export function ensureSystemPackages(groups) {
  if (!has("dpkg-query")) return withoutApt(groups);
  const wanted = [build, ...groups.map(missingOf)];
  const missing = wanted.flat().filter((name) => !isInstalled(name));
  if (missing.length > 0) tryToInstall(missing, wanted);

  const needed = build.filter((name) => !isInstalled(name));
  if (needed.length > 0) {
    console.error(`The build needs these system packages:\n\n  sudo apt-get install ${needed.join(" ")}\n`);
  }
  const lacking = groups.filter((group) => missingOf(group).length > 0);
  for (const group of lacking) {
    const { use } = optional[group];
    console.error(
      `Only ${use} need these; without them those tests are skipped:\n\n  sudo apt-get install ${missingOf(group).join(" ")}\n`,
    );
  }
  if (needed.length > 0 || (lacking.length > 0 && process.env.CI === "true")) process.exit(1);
  return groups.filter((group) => !lacking.includes(group));
}

function tryToInstall(names, groups) {
  const apt = aptCommand();
  if (apt === undefined) return;
  console.log(`Installing from apt: ${names.join(" ")}`);
  const install = (some) => ran([...apt, "install", "--yes", "--no-install-recommends", ...some]);
  if (install(names)) return;
  // The package lists of a fresh machine are empty or old.
  if (ran([...apt, "update"]) && install(names)) return;
  // One that this system does not have shall not keep the others away.
  for (const group of groups) {
    const left = group.filter((name) => !isInstalled(name));
    if (left.length > 0) install(left);
  }
}

function missingOf(group) {
  const { packages, commands = [] } = optional[group];
  return commands.some(has) ? [] : packages.filter((name) => !isInstalled(name));
}

function withoutApt(groups) {
  const tools = ["g++", "cmake", "make", "pkg-config", "dbus-daemon"].filter((name) => !has(name));
  const library = spawnSync("pkg-config", ["--exists", "libsystemd"]).status === 0;
  if (tools.length === 0 && library) {
    return groups.filter((group) => optional[group].commands?.some(has) ?? false);
  }
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
