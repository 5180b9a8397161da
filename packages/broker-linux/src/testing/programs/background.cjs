"use strict";
// Leaves the work that HOW says behind, in the background and never to be answered: the process shall end by itself.
const { binding, call, connect } = require("./addon.cjs");

const keepAlive = false;

async function main() {
  const address = process.env.BUS_ADDRESS;
  if (process.env.HOW === "connect") {
    binding.connect({ address, timeoutInMs: 0, onEvent() {}, keepAlive });
    return;
  }
  const connection = await connect();
  if (process.env.HOW === "watch") connection.watchOwner("test.Watched", { keepAlive });
  else call(connection, "Wait", ["in the background"], { keepAlive });
}

process.on("exit", () => console.log(JSON.stringify(binding.stats())));
main();
