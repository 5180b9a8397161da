"use strict";
const { parentPort, workerData } = require("node:worker_threads");
const { binding, perform } = require("./addon.cjs");

const codeOf = (error) => error.code;

async function main() {
  binding.serveMainRunLoop();
  const performed = await perform().result.catch(codeOf);
  const canPerform = await binding.canPerform("https://login.microsoftonline.com/common").catch(codeOf);
  parentPort.postMessage({ isMainThread: binding.isMainThread(), performed, canPerform });
  while (workerData?.isBusy) await perform().result.catch(codeOf);
}

main();
