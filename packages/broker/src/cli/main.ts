#!/usr/bin/env node
import { loadPlatformBroker } from "../loader/load-platform-broker.js";
import { exitCodes } from "./exit-codes.js";
import { runCli } from "./run-cli.js";

const interrupt = new AbortController();

process.on("SIGINT", () => {
  // Who presses it twice does not want to wait for a clean end.
  if (interrupt.signal.aborted) process.exit(exitCodes.interrupted);
  interrupt.abort();
});

void runCli(process.argv.slice(2), {
  out: (line) => process.stdout.write(`${line}\n`),
  note: (line) => process.stderr.write(`${line}\n`),
  interrupted: interrupt.signal,
  nodeVersion: process.version,
  loadBroker: loadPlatformBroker,
}).then((exitCode) => {
  process.exitCode = exitCode;
});
