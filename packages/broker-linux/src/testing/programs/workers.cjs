"use strict";
// Runs many workers at once, ends each in the way HOW says, and tells what is left behind.
const { once } = require("node:events");
const { join } = require("node:path");
const { Worker } = require("node:worker_threads");

// Loaded by the workers first, unless told otherwise: the addon then goes with the last of them.
const addon = process.env.LOAD_IN_MAIN === "yes" ? require("./addon.cjs") : undefined;
const terminate = process.env.HOW === "terminate";

async function runWorker(index) {
  const workerData = { name: `worker-${index}`, echoes: 50, thenWait: terminate };
  const worker = new Worker(join(__dirname, "worker.cjs"), { workerData });
  const exited = once(worker, "exit");
  const [message] = await once(worker, "message");
  if (terminate) await worker.terminate();
  await exited;
  return message;
}

async function main() {
  const answers = [];
  for (let round = 0; round < 3; round += 1) {
    answers.push(...(await Promise.all(Array.from({ length: 8 }, (_, index) => runWorker(index)))));
  }
  const { binding, until } = addon ?? require("./addon.cjs");
  await until(() => binding.stats().ioThreads === 0);
  console.log(
    JSON.stringify({
      answered: answers.reduce((sum, answer) => sum + answer.answered, 0),
      ioThreads: Math.max(...answers.map((answer) => answer.ioThreads)),
      left: binding.stats(),
    }),
  );
}

main();
