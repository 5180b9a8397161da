// How latency and memory grow with the calls in flight and with the accounts.
import { median } from "./statistics.mjs";
import { startSubject } from "./subjects/subject-process.mjs";

const mebibyte = 1024 * 1024;
const sidesOfPlot = {
  ours: { label: "@x/broker", color: "#1f77b4" },
  peer: { label: "@azure/msal-node-runtime", color: "#d62728" },
  floor: { label: "floor: C, sd-bus", color: "#7f7f7f" },
};

/**
 * @param {import("./platforms.mjs").Platform} platform
 * @param {{ inFlight: number[], accounts: number[], peerAccounts: number[], withPeer: boolean, say: (text: string) => void }} options
 * @returns {Promise<import("./plot.mjs").Chart[]>}
 */
export async function measureGrowth(platform, { inFlight, accounts, peerAccounts, withPeer, say }) {
  const calls = gather();
  for (const atOnce of inFlight) {
    say(`growth: ${atOnce} in flight`);
    await onStage(platform, { withPeer }, async ({ stage, ours, peer }) => {
      await ours.ask("silent", { atOnce: 1, rounds: 1, warmUp: 50 });
      const rounds = Math.max(3, Math.ceil(600 / atOnce));
      calls.add("ours", atOnce, await ours.ask("silent", { atOnce, rounds, warmUp: 0 }));
      calls.add("floor", atOnce, await stage.floor.measure("silent", { atOnce, rounds, warmUp: 50 }));
      if (!peer) return;
      await peer.ask("silent", { atOnce: 1, rounds: 1, warmUp: 2 });
      calls.add("peer", atOnce, await peer.ask("silent", { atOnce, rounds: atOnce < 10 ? 8 : 1, warmUp: 0 }));
    });
  }
  const lists = gather();
  for (const count of accounts) {
    say(`growth: ${count} accounts`);
    const peerToo = withPeer && peerAccounts.includes(count);
    await onStage(platform, { withPeer: peerToo, accounts: count }, async ({ stage, ours, peer }) => {
      await ours.ask("accounts", { atOnce: 1, rounds: 1, warmUp: 3 });
      const plan = { atOnce: 1, rounds: 20, warmUp: 0 };
      lists.add("ours", count, await ours.ask("accounts", plan));
      lists.add("floor", count, await stage.floor.measure("accounts", plan));
      if (peer) {
        await peer.ask("accounts", { atOnce: 1, rounds: 1, warmUp: 0 });
        lists.add("peer", count, await peer.ask("accounts", { ...plan, rounds: count >= 300 ? 1 : 3 }));
      }
    });
  }
  return [
    {
      title: "Latency of a silent token",
      x: "calls in flight",
      y: "milliseconds (median)",
      series: calls.series("latency"),
    },
    {
      title: "Memory of the process",
      x: "calls in flight",
      y: "MiB (resident, highest)",
      series: calls.series("memory"),
    },
    {
      title: "Latency of getAccounts",
      x: "accounts",
      y: "milliseconds (median)",
      series: lists.series("latency"),
    },
    {
      title: "Memory of the process",
      x: "accounts",
      y: "MiB (resident, highest)",
      series: lists.series("memory"),
    },
  ];
}

function gather() {
  /** @type {Record<string, { x: number, latency: number, memory: number }[]>} */
  const found = { ours: [], peer: [], floor: [] };
  return {
    add(
      /** @type {string} */ side,
      /** @type {number} */ x,
      /** @type {import("./subjects/subject-process.mjs").Measured} */ one,
    ) {
      found[side]?.push({ x, latency: median(one.latencies), memory: one.rssPeak / mebibyte });
    },
    series(/** @type {"latency" | "memory"} */ what) {
      return Object.entries(sidesOfPlot)
        .map(([side, look]) => ({
          ...look,
          points: (found[side] ?? []).map((one) => /** @type {const} */ ([one.x, one[what]])),
        }))
        .filter(({ points }) => points.length > 0);
    },
  };
}

/**
 * Fresh processes each time: memory that was grown before would hide what this load needs.
 * @param {import("./platforms.mjs").Platform} platform
 * @param {{ withPeer: boolean, accounts?: number }} options
 * @param {(cast: { stage: any, ours: any, peer: any }) => Promise<void>} work
 */
async function onStage(platform, { withPeer, ...options }, work) {
  const stage = await platform.startStage({ ...options, secretService: withPeer });
  const subjects = [];
  try {
    const ours = await stage.startOurs();
    subjects.push(ours);
    const peer =
      withPeer && platform.peer ? await startSubject(platform.peer.subject, [], stage.env) : undefined;
    if (peer) subjects.push(peer);
    await work({ stage, ours, peer });
  } finally {
    for (const subject of subjects) await subject.stop();
    await stage.stop();
  }
}
