"use strict";
// Leaves a connection and a watch behind and has nothing left to do: the process shall end by itself.
const { call, connect } = require("./addon.cjs");

let connection;

async function main() {
  connection = await connect();
  await connection.watchOwner("test.Peer");
  const { body } = await call(connection, "Echo", ["answered"]).reply;
  console.log(body[0]);
}

process.on("exit", () => console.log(connection === undefined ? "too early" : "nothing left to do"));
main();
