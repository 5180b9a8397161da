"use strict";
// What the programs have in common: the addon and the extension's double, from the files named in the environment.

const binding = require(process.env.BINDING_FILE);
const extension = require(process.env.EXTENSION_FILE);

function perform(options = {}) {
  return binding.perform({
    identityProviderUrl: "https://login.microsoftonline.com/common",
    operation: "refresh",
    options: [["msg_protocol_ver", "4"]],
    userInterfaceEnabled: false,
    ...options,
  });
}

/** Waits until a condition holds. */
async function until(condition) {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

module.exports = { binding, extension, perform, until };
