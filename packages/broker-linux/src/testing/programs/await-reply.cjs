"use strict";
// Has nothing to do but await an answer: the call shall keep the process alive.
const { call, connect } = require("./addon.cjs");

async function main() {
  const connection = await connect();
  const { body } = await call(connection, "Later", ["the answer"]).reply;
  console.log(body[0]);
}

main();
