"use strict";
// A worker: ECHOES answered calls, then one that is never answered, unless told to end by itself.
const { parentPort, workerData } = require("node:worker_threads");
const { binding, call, connect } = require("./addon.cjs");

async function main() {
  const connection = await connect();
  const words = Array.from({ length: workerData.echoes }, (_, index) => `${workerData.name}-${index}`);
  const replies = await Promise.all(words.map((word) => call(connection, "Echo", [word]).reply));
  const answered = replies.filter((reply, index) => reply.body[0] === words[index]).length;
  if (workerData.thenWait) {
    call(connection, "Wait").reply.catch(() => {});
    await call(connection, "Echo").reply;
  }
  parentPort.postMessage({ answered, ioThreads: binding.stats().ioThreads });
}

main();
