"use strict";
// Tells whether libsystemd is in the process: before the first connection, after it, and after another one where
// FAKE_LIBRARY was in the way of the first.
const { readFileSync, rmSync } = require("node:fs");
const { binding, connect } = require("./addon.cjs");

const told = [];

function tell(what) {
  const isMapped = /libsystemd\.so\S*$/m.test(readFileSync("/proc/self/maps", "latin1"));
  told.push([what, isMapped ? "mapped" : "not mapped"]);
}

async function tryToConnect() {
  try {
    const connection = await connect();
    tell("connected");
    connection.close();
  } catch ({ code, linkerMessage }) {
    tell({ code, linkerMessage });
  }
}

async function main() {
  const { FAKE_LIBRARY, HOW } = process.env;
  tell("loaded");
  if (HOW === "loadLibrary") tell(binding.loadLibrary());
  await tryToConnect();
  if (FAKE_LIBRARY !== undefined) {
    rmSync(FAKE_LIBRARY);
    await tryToConnect();
  }
  console.log(JSON.stringify(told));
}

main();
