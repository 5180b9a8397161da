"use strict";
// What the programs have in common. Each gets the bus' address in BUS_ADDRESS.

const { load } = require("../../../native-binding.cjs");

const binding = load();

/** @param {(event: object) => void} [onEvent] */
function connect(onEvent = () => {}) {
  return binding.connect({ address: process.env.BUS_ADDRESS ?? "", timeoutInMs: 10_000, onEvent }).connection;
}

/** A call to the test's peer: `Wait` is never answered, `Echo` at once, `Later` when the peer is told to. */
function call(connection, member, args = [], options = {}) {
  return connection.call({
    destination: "test.Peer",
    path: "/test/peer",
    interface: "test.Peer",
    member,
    signature: "s".repeat(args.length),
    args,
    timeoutInMs: 0,
    autoStart: false,
    ...options,
  });
}

/** Waits until a condition holds. */
async function until(condition) {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

module.exports = { binding, connect, call, until };
