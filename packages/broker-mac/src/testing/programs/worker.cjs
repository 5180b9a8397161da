"use strict";
const { parentPort, workerData } = require("node:worker_threads");
const { binding, perform } = require("./addon.cjs");

const codeOf = (error) => error.code;

function canPerform() {
  try {
    return binding.canPerform("https://login.microsoftonline.com/common");
  } catch (error) {
    return codeOf(error);
  }
}

async function main() {
  binding.serveMainRunLoop();
  const performed = await perform().result.catch(codeOf);
  parentPort.postMessage({ isMainThread: binding.isMainThread(), performed, canPerform: canPerform() });
  while (workerData?.isBusy) await perform().result.catch(codeOf);
}

main();
