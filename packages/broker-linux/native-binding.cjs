"use strict";
const { existsSync } = require("node:fs");
const { join } = require("node:path");

let binding;

/**
 * Loads the addon, at the first call. Throws what node-gyp-build says when there is no build for this
 * platform, or what the dynamic linker says (`code` is `ERR_DLOPEN_FAILED`).
 */
exports.load = function load() {
  const usual = usualFile();
  binding ??= usual === undefined ? require("node-gyp-build")(__dirname) : require(usual);
  return binding;
};

/**
 * The build that node-gyp-build would find on any common Linux. Looking for itself takes it longer than the addon
 * takes to load, so it is asked only where something is unusual: musl, another processor, a build of one's own.
 */
function usualFile() {
  const file = join(__dirname, "prebuilds", `${process.platform}-${process.arch}`, "broker-linux.glibc.node");
  const unusual = process.env["@X/BROKER_LINUX_PREBUILD"] !== undefined || existsSync("/etc/alpine-release");
  return !unusual && existsSync(file) ? file : undefined;
}
