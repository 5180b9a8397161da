import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { createTemporaryDirectory } from "./temporary-directory.mjs";

/**
 * Starts gnome-keyring, unlocked, as the Secret Service of a private bus. Its files live in a temporary home
 * folder: the user's own keyring is neither read nor written.
 * @param {string} busAddress
 */
export async function startSecretService(busAddress) {
  const home = createTemporaryDirectory("keyring");
  const runtimeDirectory = join(home.path, "run");
  mkdirSync(runtimeDirectory, { mode: 0o700 });
  /** The environment of whoever shall use this Secret Service. */
  const env = {
    DBUS_SESSION_BUS_ADDRESS: busAddress,
    HOME: home.path,
    XDG_CACHE_HOME: join(home.path, "cache"),
    XDG_CONFIG_HOME: join(home.path, "config"),
    XDG_DATA_HOME: join(home.path, "data"),
    XDG_RUNTIME_DIR: runtimeDirectory,
  };

  const daemon = spawn(
    "gnome-keyring-daemon",
    ["--foreground", "--components=secrets", "--unlock", `--control-directory=${join(home.path, "control")}`],
    { env: { ...process.env, ...env }, stdio: ["pipe", "ignore", "ignore"] },
  );
  const exited = once(daemon, "exit");
  daemon.stdin.end("password of a keyring that lives as long as one test");
  const stop = async () => {
    daemon.kill("SIGKILL");
    await exited;
    home.remove();
  };
  try {
    await untilUnlocked(env, daemon);
  } catch (error) {
    await stop();
    throw error;
  }
  return { env, stop };
}

/**
 * @param {Readonly<Record<string, string>>} env
 * @param {import("node:child_process").ChildProcess} daemon
 */
async function untilUnlocked(env, daemon) {
  for (let attempt = 0; attempt < 300; attempt++) {
    if (daemon.exitCode !== null) break;
    try {
      const { stdout } = await promisify(execFile)(
        "dbus-send",
        [
          ...["--session", "--print-reply", "--dest=org.freedesktop.secrets", "/org/freedesktop/secrets"],
          ...["org.freedesktop.Secret.Service.ReadAlias", "string:default"],
        ],
        { env: { ...process.env, ...env } },
      );
      if (stdout.includes("/org/freedesktop/secrets/collection/")) return;
    } catch {
      // Not on the bus yet.
    }
    await sleep(100);
  }
  throw new Error("gnome-keyring-daemon did not come up on the private bus.");
}
