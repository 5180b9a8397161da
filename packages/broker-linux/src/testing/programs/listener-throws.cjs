"use strict";
// An exception in a listener is an uncaught exception, like in any other listener of Node.js.
const { connect } = require("./addon.cjs");

process.on("uncaughtException", (error) => {
  console.log(`uncaught: ${error.message}`);
  process.exit(0);
});

async function main() {
  const connection = await connect(() => {
    throw new Error("from the listener");
  });
  await connection.watchOwner("test.Listened");
  connection.call({
    destination: "org.freedesktop.DBus",
    path: "/org/freedesktop/DBus",
    interface: "org.freedesktop.DBus",
    member: "RequestName",
    signature: "su",
    args: ["test.Listened", 0],
    timeoutInMs: 0,
    autoStart: false,
  });
  setInterval(() => {}, 1000);
}

main();
