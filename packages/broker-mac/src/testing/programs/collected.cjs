"use strict";
// Requests leave nothing behind, neither in JavaScript nor in AuthenticationServices. Needs --expose-gc.
const { setImmediate: nextTurn } = require("node:timers/promises");
const { binding, extension, perform, until } = require("./addon.cjs");

const seen = [];

async function round() {
  const answered = perform();
  const canceled = perform();
  canceled.cancel();
  await Promise.allSettled([answered.result, canceled.result]);
  for (const pending of [answered, canceled]) seen.push(new WeakRef(pending), new WeakRef(pending.result));
}

async function main() {
  extension.onRequest((request) => request.answer({ headers: {} }, { thread: "other" }));
  for (let i = 0; i < 500; i += 1) await round();
  await until(() => extension.facts().liveControllers === 0 && extension.facts().liveDelegates === 0);
  let alive = seen.length;
  for (let turn = 0; turn < 20 && alive > 0; turn += 1) {
    global.gc();
    await nextTurn();
    alive = seen.filter((reference) => reference.deref() !== undefined).length;
  }
  // The engine may hold on to the last ones it saw.
  console.log(JSON.stringify({ requests: 1000, areCollected: alive < 10, left: binding.stats() }));
}

main();
