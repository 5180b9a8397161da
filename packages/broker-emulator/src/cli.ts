#!/usr/bin/env node
import { runCli } from "./run-cli.js";

runCli(process.argv.slice(2)).then(
  (exitCode) => {
    process.exitCode = exitCode;
  },
  (error: unknown) => {
    console.error(`broker-emulator: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  },
);
