import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

/** Why the whole way over D-Bus cannot be walked here, if it cannot. */
export function dbusObstacle(): string | undefined {
  if (process.platform !== "linux") return "only Linux has a broker package yet";
  const linux = join(import.meta.dirname, "../../../broker-linux");
  if (!existsSync(join(linux, "dist/esm/index.js"))) return "broker-linux is not built";
  if (!existsSync(join(linux, "prebuilds"))) return "the Linux addon is not built";
  if (spawnSync("dbus-daemon", ["--version"]).error !== undefined) return "dbus-daemon is not installed";
  return undefined;
}
