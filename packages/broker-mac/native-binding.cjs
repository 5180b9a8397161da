"use strict";

let binding;

/**
 * Loads the addon, at the first call. Throws what node-gyp-build says when there is no build for this
 * platform, or what the dynamic linker says (`code` is `ERR_DLOPEN_FAILED`).
 */
exports.load = function load() {
  binding ??= require("node-gyp-build")(__dirname);
  return binding;
};
