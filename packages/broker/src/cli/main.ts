#!/usr/bin/env node
import { loadMsal } from "../fallback/load-msal.js";
import { readSurroundings } from "../fallback/surroundings.js";
import { loadPlatformBroker } from "../loader/load-platform-broker.js";
import { exitCodes } from "./exit-codes.js";
import { runCli } from "./run-cli.js";

const interrupt = new AbortController();

process.on("SIGINT", () => {
  // Who presses it twice does not want to wait for a clean end.
  if (interrupt.signal.aborted) process.exit(exitCodes.interrupted);
  interrupt.abort();
});

// Whoever read what this prints may have read enough, as `head` does.
for (const stream of [process.stdout, process.stderr])
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });

void runCli(process.argv.slice(2), {
  out: (line) => process.stdout.write(`${line}\n`),
  note: (line) => process.stderr.write(`${line}\n`),
  interrupted: interrupt.signal,
  nodeVersion: process.version,
  loadBroker: loadPlatformBroker,
  readSurroundings,
  loadMsal,
}).then((exitCode) => {
  process.exitCode = exitCode;
});
