import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { runNode } from "../support/run-node.mjs";
import { buildPrograms, programs, startBusStage } from "./stage.mjs";
import { runFloor, startSubject } from "./subjects/subject-process.mjs";

/** The broker's methods behind the calls that all sides make. */
const methods = {
  probe: "getLinuxBrokerVersion",
  accounts: "getAccounts",
  silent: "acquireTokenSilently",
  interactive: "acquireTokenInteractively",
  signOut: "removeAccount",
};

const packageName = "@x/broker-linux";

/** @type {import("./platforms.mjs").Platform} */
export const linux = {
  name: "linux",
  packageName,
  floorIs: "a C client of sd-bus, and for loading an empty addon",
  hasSizes: true,
  floorRequests: ["accounts", "silent", "interactive", "signOut"],
  loading: { addon: ["addon", packageName], floor: ["emptyAddon", programs.emptyAddon] },
  less: {},
  missing: async () => (process.platform === "linux" ? "" : "the stub broker is on a D-Bus, which is Linux'"),
  prepare: async () => buildPrograms(),
  peer: { name: "@azure/msal-node-runtime", subject: "microsoft-client.mjs", missing: whatThePeerLacks },
  runNode,
  async startStage(options) {
    const stage = await startBusStage(options);
    return {
      ...stage,
      startOurs: () => startSubject("broker-package.mjs", [packageName, "createLinuxBroker"], stage.env),
      floor: {
        async measure(call, { atOnce, rounds, warmUp }) {
          const files = await stage.requests();
          const numbers = [atOnce, rounds, warmUp].map(String);
          const method = methods[call];
          return runFloor(programs.floor, [stage.address, method, files[method] ?? "", ...numbers]);
        },
        measureAbsent: (rounds) => runFloor(programs.floor, [stage.address, "absent", String(rounds)]),
        async measureFirstToken() {
          const files = await stage.requests();
          const requests = [methods.accounts, methods.silent].map((method) => files[method] ?? "");
          return runFloor(programs.floor, [stage.address, "first", ...requests]);
        },
      },
    };
  },
};

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
