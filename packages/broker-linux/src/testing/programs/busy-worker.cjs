"use strict";
// A worker that never stops calling. Its parent ends it, or a reply's handler does while more replies are queued.
const { parentPort, workerData } = require("node:worker_threads");
const { call, connect } = require("./addon.cjs");

async function main() {
  const connection = await connect();
  const echo = () => call(connection, "Echo", ["busy"]).reply;
  await echo();
  parentPort.postMessage("busy");
  for (;;) {
    const replies = Array.from({ length: 100 }, echo);
    if (workerData.exits) {
      replies[0].then(() => process.exit(0));
      // Lets the replies pile up.
      setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50));
    }
    await Promise.all(replies);
  }
}

main();
