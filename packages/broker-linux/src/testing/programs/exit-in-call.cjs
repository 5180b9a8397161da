"use strict";
// Ends in the middle of calls, in the way HOW says.
const { call, connect } = require("./addon.cjs");

async function main() {
  const connection = await connect();
  for (let i = 0; i < 100; i += 1) call(connection, "Wait").reply.catch(() => {});
  await call(connection, "Echo").reply;
  connect(); // is under way, too
  console.log("exiting");
  if (process.env.HOW === "throw") throw new Error("on purpose");
  process.exit(7);
}

main();
