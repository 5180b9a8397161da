"use strict";
// Loads the addon again: through a second copy of the JavaScript around it, and as a second file.
const { copyFileSync, mkdtempSync, rmSync } = require("node:fs");
const { tmpdir } = require("node:os");
const { join } = require("node:path");
const findAddon = require("node-gyp-build").resolve;
const { binding, until } = require("./addon.cjs");

const file = findAddon(join(__dirname, "../../.."));
const folder = mkdtempSync(join(tmpdir(), "addon-copy-"));

async function main() {
  delete require.cache[file];
  const sameFile = require(file);
  copyFileSync(file, join(folder, "copy.node"));
  const otherFile = require(join(folder, "copy.node"));
  const options = { address: process.env.BUS_ADDRESS, timeoutInMs: 10_000, onEvent() {} };
  const bindings = [binding, sameFile, otherFile];
  const connections = await Promise.all(bindings.map((each) => each.connect(options).connection));
  const names = new Set(connections.map((connection) => connection.uniqueName));
  const during = bindings.map((each) => each.stats());
  for (const connection of connections) connection.close();
  await until(() => bindings.every((each) => each.stats().ioThreads === 0));
  console.log(
    JSON.stringify({
      distinct: new Set(bindings).size,
      names: names.size,
      connections: during.map((stats) => stats.connections),
      ioThreads: during.map((stats) => stats.ioThreads),
      left: bindings.map((each) => each.stats()),
    }),
  );
}

main().finally(() => rmSync(folder, { recursive: true }));
