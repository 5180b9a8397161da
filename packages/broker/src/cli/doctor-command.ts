import type { DiagnosticCheck } from "@x/broker-contract";
import type { CliIo } from "./cli-io.js";
import { type DoctorFlags, runChecks } from "./doctor-checks.js";
import { exitCodes } from "./exit-codes.js";

/** `broker doctor`: prints each check as it is done; with `--json` all of them at the end. */
export async function doctorCommand(flags: DoctorFlags, io: CliIo): Promise<number> {
  const checks: DiagnosticCheck[] = [];
  for await (const check of runChecks(flags, io)) {
    checks.push(check);
    if (flags.json !== true) for (const line of linesOf(check)) io.out(line);
  }
  const failed = checks.filter(({ outcome }) => outcome === "fail").length;
  if (flags.json === true) io.out(JSON.stringify({ ok: failed === 0, checks }, undefined, 2));
  else io.out(failed === 0 ? "\nAll is well." : `\n${failed} ${failed === 1 ? "check" : "checks"} failed.`);
  return failed === 0 ? exitCodes.ok : exitCodes.failed;
}

function linesOf({ outcome, title, detail, hint }: DiagnosticCheck): string[] {
  const indent = " ".repeat(6);
  const hints = hint === undefined || hint === "" ? [] : hint.split("\n").map((line) => `${indent}→ ${line}`);
  return [`${outcome.toUpperCase().padEnd(indent.length)}${title}: ${detail}`, ...hints];
}
