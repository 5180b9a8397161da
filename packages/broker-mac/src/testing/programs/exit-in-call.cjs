"use strict";
// Ends in the middle of requests, in the way HOW says; some are being answered, on threads of their own.
const { extension, perform, until } = require("./addon.cjs");

async function main() {
  const waiting = [];
  extension.onRequest((request) => waiting.push(request));
  for (let i = 0; i < 100; i += 1) perform().result.catch(() => {});
  await until(() => waiting.length === 100);
  for (const request of waiting.slice(0, 50)) request.answer({ headers: {} }, { thread: "other" });
  for (const request of waiting.slice(50, 75)) request.answer({ headers: {} });
  console.log("exiting");
  if (process.env.HOW === "throw") throw new Error("on purpose");
  process.exit(7);
}

main();
