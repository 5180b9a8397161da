"use strict";
// A question that macOS never answers does not keep the process, nor hold up its end.
const { binding, extension } = require("./addon.cjs");

extension.setCanPerform(undefined);
binding.canPerform("https://login.microsoftonline.com/common").catch(() => {});
console.log("asked");
