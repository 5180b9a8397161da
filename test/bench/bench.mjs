// `npm run bench`: ours, Microsoft's runtime and the physical floor, in one run on this machine, as a table.
// Nothing in it passes or fails by a time.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { measureGrowth } from "./growth.mjs";
import { Bench } from "./measurements.mjs";
import { platforms } from "./platforms.mjs";
import { plot } from "./plot.mjs";
import { describeMachine, reported, table } from "./report.mjs";

const usage = `usage: npm run bench -- [options]

  --platform P  linux (default), macos, windows or all; what is not this machine's runs over a double of it
  --json FILE   writes the rows as JSON as well
  --docs        writes the table into docs/, and for Linux draws the growth plot
  --quick       a few calls of each kind: shows that everything works, and no more
  --no-peer     leaves Microsoft's runtime out
`;

/** @type {import("./measurements.mjs").Effort} */
const full = {
  rounds: 5,
  freshProcesses: 15,
  calls: 2000,
  burstCalls: 3200,
  bursts: 5,
  manyAtOnce: 1000,
  accounts: [1, 100, 1000],
  cacheHits: 200_000,
  memoryCalls: 100_000,
  peerCalls: 60,
  peerRounds: 3,
  peerMemoryCalls: 1000,
};

/** @type {import("./measurements.mjs").Effort} */
const quick = {
  rounds: 1,
  freshProcesses: 1,
  calls: 20,
  burstCalls: 64,
  bursts: 1,
  manyAtOnce: 50,
  accounts: [10],
  cacheHits: 1000,
  memoryCalls: 500,
  peerCalls: 4,
  peerRounds: 1,
  peerMemoryCalls: 10,
};

/** @type {ReturnType<typeof readArguments>} */
let values;
/** @type {readonly import("./platforms.mjs").Platform[]} */
let chosen;
try {
  values = readArguments();
  chosen = platformsNamed(values.platform);
} catch (error) {
  console.error(`${error instanceof Error ? error.message : error}\n\n${usage}`);
  process.exit(2);
}
if (values.help) {
  console.log(usage);
  process.exit(0);
}
// The exit handlers end the buses, stubs and clients.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => process.exit(130));

const say = (/** @type {string} */ text) => process.stderr.write(`  … ${text}\n`);
const docs = fileURLToPath(new URL("../../docs", import.meta.url));
/** @type {(import("./report.mjs").ReportedRow & { platform: string })[]} */
const allRows = [];
/** @type {string | null} */
let peerName = null;
let machine = describeMachine();

for (const platform of chosen) {
  const lacking = await platform.missing();
  if (lacking !== "") {
    console.log(`\n  ${platform.name} is not measured: ${lacking}`);
    if (chosen.length === 1) process.exitCode = 1;
    continue;
  }
  // The load before this platform's run.
  machine = describeMachine();
  const rows = await measure(platform);
  allRows.push(...rows.map((row) => ({ platform: platform.name, ...row })));
  if (values.docs) await writeDocs(platform, rows);
}
if (values.json !== undefined) {
  // As npm starts us in the workspace's root, a relative path is the caller's.
  const file = resolve(process.env["INIT_CWD"] ?? ".", values.json);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify({ machine, peer: peerName, rows: allRows }, null, 2)}\n`);
}

function readArguments() {
  return parseArgs({
    options: {
      platform: { type: "string", default: "linux" },
      json: { type: "string" },
      docs: { type: "boolean", default: false },
      quick: { type: "boolean", default: false },
      "no-peer": { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  }).values;
}

/** @returns {readonly import("./platforms.mjs").Platform[]} */
function platformsNamed(/** @type {string} */ name) {
  if (name === "all") return Object.values(platforms);
  const platform = platforms[name];
  if (platform === undefined) throw new Error(`There is no platform "${name}".`);
  return [platform];
}

/** Why the platform's peer is not measured; empty if it is. */
function whyNoPeer(/** @type {import("./platforms.mjs").Platform} */ { peer }) {
  if (values["no-peer"]) return "--no-peer was given";
  return peer === undefined ? "it runs on the real system only" : peer.missing();
}

async function measure(/** @type {import("./platforms.mjs").Platform} */ platform) {
  const missing = whyNoPeer(platform);
  const withPeer = missing === "";
  console.log(`\n  ${machineText()}; load average ${machine.loadAverage}`);
  if (platform.warning !== undefined) console.log(`  ${platform.warning}`);
  console.log(`  ours: ${platform.packageName}; floor: ${platform.floorIs}`);
  const peer = platform.peer?.name ?? "Microsoft's runtime";
  console.log(
    withPeer ? `  peer: ${peer}, with a Secret Service` : `  peer: ${peer} is not measured: ${missing}`,
  );
  if (withPeer) peerName = peer;

  await platform.prepare();
  const started = performance.now();
  const effort = values.quick ? quick : { ...full, ...platform.less };
  const rows = (await new Bench(platform, effort, { withPeer, say }).run()).map(reported);
  console.log(`\n${table(rows)}\n`);
  console.log("  Medians of rounds, and from the lowest to the highest; ratios are taken round by round.");
  console.log(`  ${Math.round((performance.now() - started) / 1000)} s in all.\n`);
  return rows;
}

function machineText() {
  return `${machine.processor}, ${machine.cores} cores, ${machine.memoryInGiB} GiB; ${machine.system}; Node.js ${machine.node}`;
}

/**
 * @param {import("./platforms.mjs").Platform} platform
 * @param {readonly import("./report.mjs").ReportedRow[]} rows
 */
async function writeDocs(platform, rows) {
  // Growth is drawn against the peer, which only Linux has.
  if (platform.peer !== undefined) {
    const charts = await measureGrowth(platform, {
      inFlight: values.quick ? [1, 10] : [1, 3, 10, 32, 100, 320, 1000],
      accounts: values.quick ? [1, 10] : [1, 10, 100, 300, 1000],
      peerAccounts: values.quick ? [1] : [1, 10, 100, 300, 1000],
      withPeer: whyNoPeer(platform) === "",
      say,
    });
    const caption = `${machine.processor}, ${machine.cores} cores; Node.js ${machine.node}; both axes logarithmic`;
    writeFileSync(join(docs, "benchmarks-growth.svg"), plot(charts, caption));
  }
  writeTable(join(docs, "benchmarks.md"), platform, rows);
}

/**
 * Puts the table between the marks that the page has for it.
 * @param {string} page
 * @param {import("./platforms.mjs").Platform} platform
 * @param {readonly import("./report.mjs").ReportedRow[]} rows
 */
function writeTable(page, { name, warning }, rows) {
  const day = new Date().toISOString().slice(0, 10);
  const head = `${machineText()}; ${day}; load average before the run: ${machine.loadAverage}.`;
  const note = warning === undefined ? "" : `${warning}\n\n`;
  const text = readFileSync(page, "utf8");
  const marks = new RegExp(`(<!-- table ${name} -->\n)[\\s\\S]*(<!-- /table ${name} -->)`);
  writeFileSync(
    page,
    text.replace(
      marks,
      (_, begin, end) => `${begin}\n${note}${head}\n${table(rows, { markdown: true })}\n\n${end}`,
    ),
  );
}
