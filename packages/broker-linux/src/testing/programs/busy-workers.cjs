"use strict";
// Ends workers in the middle of calls, again and again, in the way HOW says, and tells what is left behind.
const { once } = require("node:events");
const { join } = require("node:path");
const { setTimeout: delay } = require("node:timers/promises");
const { Worker } = require("node:worker_threads");
const { binding, until } = require("./addon.cjs");

const exits = process.env.HOW === "exit";
const rounds = 30;

async function main() {
  for (let round = 0; round < rounds; round += 1) {
    const worker = new Worker(join(__dirname, "busy-worker.cjs"), { workerData: { exits } });
    const exited = once(worker, "exit");
    await once(worker, "message");
    if (!exits) {
      // Another moment each time.
      await delay(round % 20);
      await worker.terminate();
    }
    await exited;
  }
  await until(() => binding.stats().ioThreads === 0);
  console.log(JSON.stringify({ rounds, left: binding.stats() }));
}

main();
