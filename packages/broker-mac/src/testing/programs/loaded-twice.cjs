"use strict";
// Loads the addon again: from the same file, and from a second one.
const { copyFileSync, mkdtempSync, rmSync } = require("node:fs");
const { tmpdir } = require("node:os");
const { join } = require("node:path");
const { binding, extension } = require("./addon.cjs");

const file = process.env.BINDING_FILE;
const folder = mkdtempSync(join(tmpdir(), "addon-copy-"));

async function main() {
  delete require.cache[file];
  const sameFile = require(file);
  copyFileSync(file, join(folder, "copy.node"));
  // The double is beside the first one, and loaded already.
  const otherFile = require(join(folder, "copy.node"));
  const bindings = [binding, sameFile, otherFile];
  extension.onRequest((request) => request.answer({ headers: { number: String(request.id) } }));
  const timer = setInterval(() => sameFile.serveMainRunLoop(), 1);
  const responses = await Promise.all(
    bindings.map(
      (each) =>
        each.perform({
          identityProviderUrl: "https://login.microsoftonline.com/common",
          operation: "refresh",
          options: [],
          userInterfaceEnabled: false,
        }).result,
    ),
  );
  clearInterval(timer);
  console.log(
    JSON.stringify({
      distinct: new Set(bindings).size,
      numbers: responses.map(({ headers }) => headers[0][1]),
      left: bindings.map((each) => each.stats().requestsInFlight),
    }),
  );
}

main().finally(() => rmSync(folder, { recursive: true }));
