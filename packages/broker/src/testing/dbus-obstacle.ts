import { spawnSync } from "node:child_process";
import { requireBuilt } from "./require-built.js";

/**
 * What this machine lacks for the whole way over D-Bus, if it lacks anything. What the workspace makes itself is no
 * such thing: a missing build is an error. On continuous integration every lack is one.
 */
export function dbusObstacle(): string | undefined {
  const lack = findLack();
  if (lack !== undefined && process.env["CI"] === "true") throw new Error(lack);
  if (lack === undefined) requireBuilt("broker-linux/dist/esm/index.js", "broker-linux/prebuilds");
  return lack;
}

function findLack(): string | undefined {
  if (process.platform !== "linux") return "this needs a session bus of Linux";
  if (spawnSync("dbus-daemon", ["--version"]).error !== undefined) return "dbus-daemon is not installed";
  return undefined;
}
