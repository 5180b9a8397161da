"use strict";
// Workers try the addon, which works in the main thread only, and end in the way HOW says.
const { once } = require("node:events");
const { setTimeout: delay } = require("node:timers/promises");
const { Worker } = require("node:worker_threads");

if (process.env.LOAD_IN_MAIN === "yes") require("./addon.cjs");

async function tryInWorker() {
  const worker = new Worker(require.resolve("./worker.cjs"));
  const [told] = await once(worker, "message");
  await worker.terminate();
  return told;
}

async function endInTheMiddle(round) {
  const worker = new Worker(require.resolve("./worker.cjs"), { workerData: { isBusy: true } });
  await once(worker, "message");
  await delay(round % 5);
  await worker.terminate();
}

async function main() {
  const told = await Promise.all([tryInWorker(), tryInWorker()]);
  for (let round = 0; round < 20; round += 1) await endInTheMiddle(round);
  const { binding, extension, perform } = require("./addon.cjs");
  extension.answerInsidePerform({ headers: { success: "1" } });
  const { headers } = await perform().result;
  console.log(JSON.stringify({ told, headers, left: binding.stats() }));
}

main();
