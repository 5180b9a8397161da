"use strict";
// Nothing but a pending request keeps this process alive: the timers do not count.
const { binding, extension, perform } = require("./addon.cjs");

setInterval(() => binding.serveMainRunLoop(), 10).unref();
extension.onRequest((request) => {
  setTimeout(() => request.answer({ headers: { success: "1" } }), 300).unref();
});
perform().result.then((response) => console.log(response.headers.join()));
