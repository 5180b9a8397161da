"use strict";
// Run with --expose-gc: forgets connections, with and without a call in flight, and lets them be collected.
const { binding, call, connect, until } = require("./addon.cjs");

async function collect(condition) {
  await until(() => {
    global.gc();
    return condition();
  });
}

async function forgetIdle() {
  // A listener that mentions its own connection, as most do.
  const mentioned = {};
  mentioned.connection = await connect(() => mentioned.connection);
  await mentioned.connection.watchOwner("test.Peer");
}

async function forgetBusy() {
  return call(await connect(), "Later", ["kept"]).reply;
}

async function main() {
  for (let i = 0; i < 10; i += 1) await forgetIdle();
  await collect(() => binding.stats().ioThreads === 0);
  console.log(JSON.stringify(binding.stats()));

  const reply = forgetBusy();
  await until(() => binding.stats().callsInFlight === 1);
  for (let i = 0; i < 10; i += 1) global.gc();
  console.log(JSON.stringify(binding.stats()));
  process.send("now");
  console.log((await reply).body[0]);
  await collect(() => binding.stats().ioThreads === 0);
  console.log(JSON.stringify(binding.stats()));
  process.disconnect();
}

main();
