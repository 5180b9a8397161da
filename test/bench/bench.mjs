// `npm run bench`: ours, Microsoft's runtime and the physical floor, in one run on this machine, as a table.
// Nothing in it passes or fails by a time.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { measureGrowth } from "./growth.mjs";
import { Bench } from "./measurements.mjs";
import { linux } from "./platforms.mjs";
import { plot } from "./plot.mjs";
import { describeMachine, reported, table } from "./report.mjs";

const usage = `usage: npm run bench -- [options]

  --json FILE   writes the rows as JSON as well
  --docs        draws the growth plot and writes the table into docs/
  --quick       a few calls of each kind: shows that everything works, and no more
  --no-peer     leaves Microsoft's runtime out
`;

/** @type {import("./measurements.mjs").Effort} */
const full = {
  rounds: 5,
  freshProcesses: 15,
  calls: 1000,
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
  accounts: [1, 10],
  cacheHits: 1000,
  memoryCalls: 1000,
  peerCalls: 4,
  peerRounds: 1,
  peerMemoryCalls: 10,
};

let values;
try {
  ({ values } = parseArgs({
    options: {
      json: { type: "string" },
      docs: { type: "boolean", default: false },
      quick: { type: "boolean", default: false },
      "no-peer": { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  }));
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

const missing = values["no-peer"] ? "--no-peer was given" : linux.peer.missing();
const withPeer = missing === "";
const machine = describeMachine();
console.log(
  `\n  ${machine.processor}, ${machine.cores} cores, ${machine.memoryInGiB} GiB; ${machine.system}; Node.js ${machine.node}; load average ${machine.loadAverage}`,
);
console.log(`  ours: ${linux.packageName}; floor: a C client of sd-bus, and for loading an empty addon`);
console.log(
  withPeer
    ? `  peer: ${linux.peer.name}, with a Secret Service`
    : `  peer: ${linux.peer.name} is not measured: ${missing}`,
);

linux.prepare();
const started = performance.now();
const bench = new Bench(linux, values.quick ? quick : full, { withPeer, say });
const rows = (await bench.run()).map(reported);
console.log(`\n${table(rows)}\n`);
console.log("  Medians of rounds, and from the lowest to the highest; ratios are taken round by round.");
console.log(`  ${Math.round((performance.now() - started) / 1000)} s in all.\n`);

if (values.json !== undefined) {
  // As npm starts us in the workspace's root, a relative path is the caller's.
  const file = resolve(process.env["INIT_CWD"] ?? ".", values.json);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(
    file,
    `${JSON.stringify({ machine, peer: withPeer ? linux.peer.name : null, rows }, null, 2)}\n`,
  );
}
if (values.docs) {
  const inFlight = values.quick ? [1, 10] : [1, 3, 10, 32, 100, 320, 1000];
  const accounts = values.quick ? [1, 10] : [1, 10, 100, 300, 1000];
  const charts = await measureGrowth(linux, {
    inFlight,
    accounts,
    peerAccounts: values.quick ? [1] : [1, 10, 100, 300, 1000],
    withPeer,
    say,
  });
  const caption = `${machine.processor}, ${machine.cores} cores; Node.js ${machine.node}; both axes logarithmic`;
  writeFileSync(join(docs, "benchmarks-growth.svg"), plot(charts, caption));
  writeTable(join(docs, "benchmarks.md"));
}

/** Puts the table between the marks that the page has for it. */
function writeTable(/** @type {string} */ page) {
  const day = new Date().toISOString().slice(0, 10);
  const head = `${machine.processor}, ${machine.cores} cores, ${machine.memoryInGiB} GiB; ${machine.system}; Node.js ${machine.node}; ${day}; load average before the run: ${machine.loadAverage}.`;
  const text = readFileSync(page, "utf8");
  const marks = /(<!-- table -->\n)[\s\S]*(<!-- \/table -->)/;
  writeFileSync(
    page,
    text.replace(marks, (_, begin, end) => `${begin}\n${head}\n${table(rows, { markdown: true })}\n\n${end}`),
  );
}
