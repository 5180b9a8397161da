// What the bench has to know about a platform. A platform without a peer is measured against the floor alone.
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { buildPrograms, programs, startStage } from "./stage.mjs";
import { runFloor } from "./subjects/subject-process.mjs";

/** The broker's methods behind the calls that all sides make. */
const methods = {
  probe: "getLinuxBrokerVersion",
  accounts: "getAccounts",
  silent: "acquireTokenSilently",
  interactive: "acquireTokenInteractively",
  signOut: "removeAccount",
};

/** @typedef {keyof typeof methods} CallName */
/** @typedef {Awaited<ReturnType<typeof startStage>>} Stage */

export const linux = {
  name: "linux",
  packageName: "@x/broker-linux",
  createName: "createLinuxBroker",
  emptyAddon: programs.emptyAddon,
  prepare: buildPrograms,
  startStage,
  peer: {
    name: "@azure/msal-node-runtime",
    subject: "microsoft-client.mjs",
    /** Why it cannot run here; empty if it can. */
    missing: whatThePeerLacks,
  },
  floor: {
    /**
     * Makes the very requests that our side made on this stage before.
     * @param {Stage} stage
     * @param {CallName} call
     * @param {import("./subjects/subject-process.mjs").Plan} plan
     */
    async measure(stage, call, { atOnce, rounds, warmUp }) {
      const files = await stage.requests();
      const numbers = [atOnce, rounds, warmUp].map(String);
      return runFloor(programs.floor, [stage.address, methods[call], files[methods[call]] ?? "", ...numbers]);
    },
    /** @param {Stage} stage @param {number} rounds */
    measureAbsent: (stage, rounds) => runFloor(programs.floor, [stage.address, "absent", String(rounds)]),
    /** @param {Stage} stage */
    async measureFirstToken(stage) {
      const files = await stage.requests();
      const requests = [methods.accounts, methods.silent].map((method) => files[method] ?? "");
      return runFloor(programs.floor, [stage.address, "first", ...requests]);
    },
  },
};

/** @typedef {typeof linux} Platform */

function whatThePeerLacks() {
  if (process.platform !== "linux" || process.arch !== "x64") return "it is made for Linux x64 only here";
  const require = createRequire(import.meta.url);
  let runtime;
  try {
    runtime = dirname(require.resolve("@azure/msal-node-runtime"));
  } catch {
    return "it is not installed";
  }
  const { stdout } = spawnSync("ldd", [join(runtime, "linux/ubuntu/x64/libmsalruntime.so")], {
    encoding: "utf8",
  });
  const lacking = [...(stdout ?? "").matchAll(/^\s*(\S+) => not found/gm)].map((match) => match[1]);
  const keyring = spawnSync("sh", ["-c", "command -v gnome-keyring-daemon"]).status === 0;
  if (!keyring) lacking.push("gnome-keyring-daemon");
  return lacking.length === 0 ? "" : `this machine lacks ${lacking.join(", ")}`;
}
