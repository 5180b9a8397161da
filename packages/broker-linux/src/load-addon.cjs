"use strict";
// CommonJS by its name in both builds: only CommonJS can name its own folder without `import.meta`.
const { existsSync } = require("node:fs");
const { dirname, join } = require("node:path");

/**
 * Loads the addon through `native-binding.cjs` in the package's root: two levels above `dist/esm` and
 * `dist/cjs`, one above `src`.
 * @returns {import("./native.js").NativeBinding}
 */
exports.loadAddon = function loadAddon() {
  const installed = join(__dirname, "..", "..");
  const root = existsSync(join(installed, "native-binding.cjs")) ? installed : dirname(__dirname);
  return require(join(root, "native-binding.cjs")).load();
};
