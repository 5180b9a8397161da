"use strict";
// A request that nobody awaits does not keep the process.
const { binding, extension, perform } = require("./addon.cjs");

perform({ keepAlive: false }).result.catch(() => {});
console.log(JSON.stringify(binding.stats()), extension.facts().requests[0].state);
