// What is measured, and in which order: round by round, all sides of a round close together in time.

import { cpSync } from "node:fs";
import { join } from "node:path";
import { installInto, installOneLine, oneLinePackage } from "./installed-packages.mjs";
import { ourSize, peerSize } from "./sizes.mjs";
import { quantile } from "./statistics.mjs";
import { startSubject } from "./subjects/subject-process.mjs";

/** @typedef {import("./platforms.mjs").Platform} Platform */
/** @typedef {import("./platforms.mjs").CallName} CallName */
/** @typedef {import("./platforms.mjs").Peer} Peer */
/** @typedef {import("./platforms.mjs").Stage} Stage */
/** @typedef {import("./subjects/subject-process.mjs").Subject} Subject */
/** @typedef {import("./subjects/subject-process.mjs").Measured} Measured */
/** @typedef {{ ours?: number[] | undefined, peer?: number[] | undefined, floor?: number[] | undefined }} Sides one number for each round */
/**
 * @typedef {object} Row
 * @property {string} group
 * @property {string} name
 * @property {string} unit
 * @property {boolean} [moreIsBetter] default false
 * @property {Sides} sides
 */
/**
 * How much to measure. Numbers of calls are per round.
 * @typedef {object} Effort
 * @property {number} rounds
 * @property {number} freshProcesses
 * @property {number} calls one at a time
 * @property {number} burstCalls in bursts of 32
 * @property {number} bursts bursts of 1,000
 * @property {number} manyAtOnce how many a large burst has: 1,000
 * @property {number[]} accounts
 * @property {number} cacheHits
 * @property {number} memoryCalls
 * @property {number} peerCalls the peer takes long for each
 * @property {number} peerRounds
 * @property {number} peerMemoryCalls
 */

const mebibyte = 1024 * 1024;
const loadProgram = "load-in-fresh-process.mjs";

export class Bench {
  /** @type {Row[]} */
  rows = [];
  #platform;
  #effort;
  /** @type {Peer | undefined} */
  #peer;
  #say;

  /**
   * @param {Platform} platform
   * @param {Effort} effort
   * @param {{ withPeer: boolean, say: (text: string) => void }} options
   */
  constructor(platform, effort, { withPeer, say }) {
    this.#platform = platform;
    this.#effort = effort;
    this.#peer = withPeer ? platform.peer : undefined;
    this.#say = say;
  }

  async run() {
    await this.loading();
    await this.probing();
    await this.calling();
    await this.cacheHits();
    await this.listingAccounts();
    await this.memory();
    if (this.#platform.hasSizes) this.sizes();
    return this.rows;
  }

  async loading() {
    this.#say("loading in fresh processes");
    const stage = await this.#platform.startStage({ secretService: this.#peer !== undefined });
    try {
      await this.#primeRequests(stage);
      const { packageName, loading } = this.#platform;
      const { measureFirstToken } = stage.floor;
      const load = (/** @type {string[]} */ ...args) => this.#load(app, stage, args);
      const app = join(stage.folder, "app");
      installInto(app, ["@x/broker", packageName, ...(this.#peer ? [this.#peer.name] : [])]);
      installOneLine(app);
      for (const file of [loadProgram, "canned-answers.mjs"])
        cpSync(new URL(file, import.meta.url), join(app, file));
      /** @type {Record<"package" | "addon" | "oneLine" | "token" | "peer" | "peerToken" | "floor" | "floorToken", any[]>} */
      const found = {
        package: [],
        addon: [],
        oneLine: [],
        token: [],
        peer: [],
        peerToken: [],
        floor: [],
        floorToken: [],
      };
      // The first of several reads files that no cache has yet.
      for (
        let round = this.#effort.freshProcesses > 1 ? -1 : 0;
        round < this.#effort.freshProcesses;
        round++
      ) {
        const one = {
          package: await load("package"),
          addon: await load(...loading.addon),
          oneLine: await load("module", oneLinePackage),
          floor: await load(...loading.floor),
          ...(measureFirstToken && { token: await load("token"), floorToken: await measureFirstToken() }),
          ...(this.#peer && { peer: await load("peer"), peerToken: await load("peerToken") }),
        };
        if (round < 0) continue;
        for (const [name, result] of Object.entries(one))
          found[/** @type {keyof typeof found} */ (name)].push(result);
      }
      const of = (/** @type {keyof typeof found} */ name, /** @type {(one: any) => number} */ read) =>
        found[name].length === 0 ? undefined : found[name].map(read);
      const floor = "floor";
      for (const [name, ours] of /** @type {const} */ ([
        ["import, nothing used yet", "package"],
        ["import, addon loaded", "addon"],
      ])) {
        this.#add("load", `${name}: time`, "ms", sides(of(ours, ms), of("peer", ms), of(floor, ms)));
        this.#add("load", `${name}: CPU`, "ms", sides(of(ours, cpu), of("peer", cpu), of(floor, cpu)));
        this.#add(
          "load",
          `${name}: memory added`,
          "MiB",
          sides(of(ours, rss), of("peer", rss), of(floor, rss)),
        );
        this.#add(
          "load",
          `${name}: shared objects mapped`,
          "files",
          sides(of(ours, objects), of("peer", objects), of(floor, objects)),
        );
      }
      // What Node.js itself takes of the time, whatever is imported.
      this.#add(
        "load",
        "import of a package of one line: time",
        "ms",
        sides(undefined, undefined, of("oneLine", ms)),
      );
      if (measureFirstToken === undefined) return;
      const first = "from nothing to the first silent token";
      const floorTime = of("floorToken", (one) => one.totalInMs);
      this.#add("load", `${first}: time`, "ms", sides(of("token", ms), of("peerToken", ms), floorTime));
      const floorGrowth = of("floorToken", (one) => (one.rssAfter - one.rssBefore) / mebibyte);
      this.#add(
        "load",
        `${first}: memory added`,
        "MiB",
        sides(of("token", rss), of("peerToken", rss), floorGrowth),
      );
    } finally {
      await stage.stop();
    }
  }

  async probing() {
    this.#say("status probe");
    const { calls, rounds } = this.#effort;
    const plan = { atOnce: 1, rounds: Math.ceil(calls / 4), warmUp: 20 };
    await this.#onStage({}, async ({ stage, ours }) => {
      await ours.ask("probe", { atOnce: 1, rounds: 1, warmUp: 0 });
      const found = await eachRound(rounds, {
        ours: () => ours.ask("probe", plan),
        floor: () => stage.floor.measure("probe", plan),
      });
      this.#add("probe", "a broker is there", "ms", map(found, p50));
    });
    await this.#onStage({ broker: false }, async ({ stage, ours }) => {
      const found = await eachRound(rounds, {
        ours: () => ours.ask("probe", plan),
        floor: () => stage.floor.measureAbsent(plan.rounds),
      });
      this.#add("probe", "no broker", "ms", map(found, p50));
    });
  }

  async calling() {
    const { calls, burstCalls, bursts, manyAtOnce, rounds, peerRounds, peerCalls } = this.#effort;
    await this.#onStage({ peer: true }, async (cast) => {
      await this.#primeRequests(cast.stage, cast.ours);
      const oneByOne = async (
        /** @type {CallName} */ call,
        /** @type {string} */ group,
        /** @type {number} */ share,
      ) => {
        this.#say(group);
        const plan = { atOnce: 1, rounds: Math.ceil(calls / share), warmUp: 50 };
        const peerPlan = { atOnce: 1, rounds: Math.ceil(peerCalls / share), warmUp: 2 };
        const found = await this.#allSides(cast, call, plan, peerPlan, rounds, rounds);
        this.#latency(group, found);
        return found;
      };
      const one = "silent token, one at a time";
      this.#throughput(one, await oneByOne("silent", one, 1));

      const few = "silent token, 32 at once";
      this.#say(few);
      const some = { atOnce: 32, rounds: Math.ceil(burstCalls / 32), warmUp: 50 };
      const peerSome = { atOnce: 32, rounds: Math.ceil(peerCalls / 64), warmUp: 2 };
      const at32 = await this.#allSides(cast, "silent", some, peerSome, rounds, peerRounds);
      this.#latency(few, at32);
      this.#throughput(few, at32);

      const group = `silent token, ${manyAtOnce.toLocaleString("en")} at once`;
      this.#say(group);
      const many = { atOnce: manyAtOnce, rounds: bursts, warmUp: 50 };
      const atMany = await this.#allSides(cast, "silent", many, { ...many, rounds: 1, warmUp: 2 }, rounds, 1);
      this.#latency(group, atMany);
      this.#throughput(group, atMany);
      this.#add(
        group,
        "all answered",
        "ms",
        map(atMany, (one) => (one.totalInMs / one.latencies.length) * manyAtOnce),
      );
      const delay = (/** @type {number} */ index) => (/** @type {Measured} */ one) =>
        one.loopDelayInMs?.[index] ?? Number.NaN;
      // The floor: a loop without work, beside the C client's burst.
      const idle = await eachRound(rounds, {
        floor: async () => {
          const [loopDelayInMs] = await Promise.all([
            cast.ours.ask("idleLoop", { durationInMs: 200 }),
            cast.stage.floor.measure("silent", many),
          ]);
          return { loopDelayInMs };
        },
      });
      const delays = { ours: atMany["ours"], peer: atMany["peer"], floor: idle["floor"] };
      this.#add(group, "event-loop delay p99", "ms", map(delays, delay(1)));
      this.#add(group, "event-loop delay, longest", "ms", map(delays, delay(2)));

      await oneByOne("interactive", "interactive token, less the user", 4);
      // Last: after it the peer knows the account no more.
      await oneByOne("signOut", "sign-out", 4);
    });
  }

  async cacheHits() {
    this.#say("getToken from the cache");
    const { cacheHits, rounds, peerCalls } = this.#effort;
    await this.#onStage({ peer: true, longLived: true }, async ({ ours, peer }) => {
      await peer?.ask("cached", { atOnce: 1, rounds: 1, warmUp: 1 });
      const found = await eachRound(rounds, {
        ours: () => ours.ask("cached", { count: cacheHits }),
        floor: () => ours.ask("floorOfCached", { count: cacheHits }),
        ...(peer && { peer: () => peer.ask("cached", { atOnce: 1, rounds: peerCalls, warmUp: 2 }) }),
      });
      this.#add("getToken from the cache", "per call", "ns", {
        ours: found["ours"],
        floor: found["floor"],
        peer: found["peer"]?.map((one) => (one.totalInMs * 1e6) / one.latencies.length),
      });
    });
  }

  async listingAccounts() {
    for (const accounts of this.#effort.accounts) {
      this.#say(`getAccounts, ${accounts}`);
      await this.#onStage({ peer: true, accounts }, async (cast) => {
        const found = await cast.ours.ask("count", {});
        if (found !== accounts) throw new Error(`The broker lists ${found} accounts instead of ${accounts}.`);
        const { rounds, calls, peerCalls } = this.#effort;
        const scaled = Math.max(3, Math.ceil(calls / 4 / Math.max(1, accounts / 10)));
        // The peer needs a minute for the first list of a thousand, and seconds for each one after it.
        const peerScaled =
          accounts >= 1000 ? 1 : Math.max(2, Math.ceil(peerCalls / 10 / Math.max(1, accounts / 10)));
        const result = await this.#allSides(
          cast,
          "accounts",
          { atOnce: 1, rounds: scaled, warmUp: 10 },
          { atOnce: 1, rounds: peerScaled, warmUp: 0 },
          rounds,
          accounts >= 1000 ? 1 : rounds,
          1,
        );
        this.#add(
          "getAccounts",
          `${accounts.toLocaleString("en")} account${accounts === 1 ? "" : "s"}`,
          "ms",
          map(result, p50),
        );
      });
    }
  }

  async memory() {
    const { memoryCalls, peerMemoryCalls } = this.#effort;
    this.#say(`memory after ${memoryCalls} calls`);
    await this.#onStage({ peer: true }, async ({ stage, ours, peer }) => {
      const warm = (/** @type {number} */ count) => ({
        atOnce: 100,
        rounds: Math.ceil(count / 100),
        warmUp: 0,
      });
      await this.#primeRequests(stage, ours);
      await ours.ask("silent", warm(memoryCalls / 10));
      const found = {
        ours: [await ours.ask("silent", warm(memoryCalls))],
        floor: [await stage.floor.measure("silent", { ...warm(memoryCalls), warmUp: 1000 })],
        peer: undefined,
      };
      const growth = (/** @type {Measured} */ one) => (one.rssAfter - one.rssBefore) / mebibyte;
      this.#add(
        "memory",
        `growth over ${memoryCalls.toLocaleString("en")} silent calls`,
        "MiB",
        map(found, growth),
      );
      if (!peer) return;
      await peer.ask("silent", { atOnce: 1, rounds: Math.ceil(peerMemoryCalls / 10), warmUp: 0 });
      const peers = { peer: [await peer.ask("silent", { atOnce: 1, rounds: peerMemoryCalls, warmUp: 0 })] };
      this.#add(
        "memory",
        `growth over ${peerMemoryCalls.toLocaleString("en")} silent calls`,
        "MiB",
        map(peers, growth),
      );
    });
  }

  sizes() {
    this.#say("sizes");
    const ours = ourSize(this.#platform.packageName);
    const peer = this.#peer && peerSize();
    for (const kind of /** @type {const} */ (["packed", "unpacked"])) {
      this.#add("size of what an app installs", kind, "kB", {
        ours: [ours[kind] / 1000],
        peer: peer && [peer[kind] / 1000],
      });
    }
  }

  /** @param {string} group @param {{ [side in keyof Sides]?: Measured[] | undefined }} found */
  #latency(group, found) {
    for (const share of [0.5, 0.95, 0.99]) {
      this.#add(
        group,
        `latency p${share * 100}`,
        "ms",
        map(found, (one) => quantile(one.latencies, share)),
      );
    }
  }

  /** @param {string} group @param {{ [side in keyof Sides]?: Measured[] | undefined }} found */
  #throughput(group, found) {
    this.#add(
      group,
      "calls per second",
      "1/s",
      map(found, (one) => one.latencies.length / (one.totalInMs / 1000)),
      true,
    );
    this.#add(
      group,
      "CPU of the client per call",
      "ms",
      map(found, (one) => one.cpuInMs / one.latencies.length),
    );
  }

  /**
   * @param {string} group @param {string} name @param {string} unit @param {Sides} measured
   * @param {boolean} [moreIsBetter]
   */
  #add(group, name, unit, measured, moreIsBetter = false) {
    this.rows.push({ group, name, unit, ...(moreIsBetter && { moreIsBetter }), sides: measured });
  }

  /**
   * @param {Cast} cast @param {CallName} call
   * @param {import("./subjects/subject-process.mjs").Plan} plan
   * @param {import("./subjects/subject-process.mjs").Plan} peerPlan
   * @param {number} rounds @param {number} peerRounds
   * @param {number} [peerWarmUp] calls the peer makes before the first round
   */
  async #allSides({ stage, ours, peer }, call, plan, peerPlan, rounds, peerRounds, peerWarmUp = 0) {
    await ours.ask(call, { atOnce: 1, rounds: 1, warmUp: 0 });
    if (peer && peerWarmUp > 0) await peer.ask(call, { atOnce: 1, rounds: peerWarmUp, warmUp: 0 });
    return eachRound(rounds, {
      ours: () => ours.ask(call, plan),
      floor: () => stage.floor.measure(call, plan),
      ...(peer && { peer: (round) => (round < peerRounds ? peer.ask(call, peerPlan) : undefined) }),
    });
  }

  /** Our side makes each call once, so that the floor has requests to repeat. */
  async #primeRequests(/** @type {Stage} */ stage, /** @type {Subject | undefined} */ subject = undefined) {
    const { floorRequests } = this.#platform;
    if (floorRequests.length === 0) return;
    const ours = subject ?? (await stage.startOurs());
    try {
      for (const call of floorRequests) await ours.ask(call, { atOnce: 1, rounds: 1, warmUp: 0 });
    } finally {
      if (subject === undefined) await ours.stop();
    }
  }

  /** @param {string} app @param {Stage} stage @param {readonly string[]} args */
  async #load(app, stage, args) {
    const program = join(app, loadProgram);
    const { code, stdout, stderr } = await this.#platform.runNode(program, { args, env: stage.env });
    const last = stdout.trim().split("\n").at(-1) ?? "";
    if (code !== 0 || last === "") throw new Error(`Loading (${args[0]}) failed: ${stderr}`);
    return JSON.parse(last);
  }

  /** @typedef {{ stage: Stage, ours: Subject, peer: Subject | undefined }} Cast */
  /**
   * @param {{ peer?: boolean, accounts?: number, longLived?: boolean, broker?: boolean }} options
   * @param {(cast: Cast) => Promise<void>} work
   */
  async #onStage({ peer: wantsPeer = false, ...options }, work) {
    const peerSubject = wantsPeer ? this.#peer?.subject : undefined;
    const stage = await this.#platform.startStage({ ...options, secretService: peerSubject !== undefined });
    /** @type {Subject[]} */
    const subjects = [];
    try {
      const ours = await stage.startOurs();
      subjects.push(ours);
      const peer = peerSubject === undefined ? undefined : await startSubject(peerSubject, [], stage.env);
      if (peer) subjects.push(peer);
      await work({ stage, ours, peer });
    } finally {
      for (const subject of subjects) await subject.stop();
      await stage.stop();
    }
  }
}

/**
 * @param {number} rounds
 * @param {Readonly<Record<string, (round: number) => Promise<any> | undefined>>} measures
 * @returns {Promise<Record<string, any[]>>}
 */
async function eachRound(rounds, measures) {
  /** @type {Record<string, any[]>} */
  const found = {};
  for (const side of Object.keys(measures)) found[side] = [];
  for (let round = 0; round < rounds; round++) {
    for (const [side, measure] of Object.entries(measures)) {
      const one = await measure(round);
      if (one !== undefined) found[side]?.push(one);
    }
  }
  return found;
}

/** @param {{ [side in keyof Sides]?: any[] | undefined }} found @param {(one: any) => number} read @returns {Sides} */
function map(found, read) {
  return sides(found.ours?.map(read), found.peer?.map(read), found.floor?.map(read));
}

/** @returns {Sides} */
function sides(
  /** @type {number[] | undefined} */ ours,
  /** @type {number[] | undefined} */ peer,
  /** @type {number[] | undefined} */ floor,
) {
  return { ...(ours?.length && { ours }), ...(peer?.length && { peer }), ...(floor?.length && { floor }) };
}

const p50 = (/** @type {Measured} */ one) => quantile(one.latencies, 0.5);
const ms = (/** @type {{ ms: number }} */ one) => one.ms;
const cpu = (/** @type {{ cpuInMs: number }} */ one) => one.cpuInMs;
const rss = (/** @type {{ rss: number }} */ one) => one.rss / mebibyte;
const objects = (/** @type {{ sharedObjects: number }} */ one) => one.sharedObjects;
