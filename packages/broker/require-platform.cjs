"use strict";

// Literal names, so that bundlers see them, each right inside a `try`, so that they let the package be missing: it is
// optional. CommonJS, because only that can load a package at once.

exports.requireLinux = function requireLinux() {
  try {
    return { module: require("@x/broker-linux") };
  } catch (cause) {
    return { cause };
  }
};

exports.requireWindows = function requireWindows() {
  try {
    return { module: require("@x/broker-win") };
  } catch (cause) {
    return { cause };
  }
};

exports.requireMac = function requireMac() {
  try {
    return { module: require("@x/broker-mac") };
  } catch (cause) {
    return { cause };
  }
};
