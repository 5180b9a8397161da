import { type DiagnosticCheck, isBrokerError } from "@x/broker-contract";
import { whatHappened } from "../what-happened.js";
import type { CliIo } from "./cli-io.js";
import { type DoctorFlags, runChecks } from "./doctor-checks.js";
import { exitCodes } from "./exit-codes.js";
import { type TimeoutFlag, withPatience } from "./patience.js";

/** `broker doctor`: prints each check as it is done; with `--json` all of them at the end. */
export async function doctorCommand(flags: DoctorFlags & TimeoutFlag, io: CliIo): Promise<number> {
  const checks: DiagnosticCheck[] = [];
  const take = (check: DiagnosticCheck): void => {
    checks.push(check);
    if (flags.json !== true) for (const line of linesOf(check)) io.out(line);
  };
  try {
    await withPatience(io, flags, "Checking", async ({ signal, waitFor }) => {
      waitFor("the first check");
      for await (const check of runChecks(flags, { ...io, interrupted: signal })) {
        // Nobody waits for what comes too late.
        if (signal.aborted) return;
        take(check);
        waitFor(`what is checked after "${check.title}"`);
      }
    });
  } catch (error) {
    if (!isBrokerError(error) || error.code !== "timed_out") throw error;
    const hint = "Allow more time with --timeout, or look into what was checked last.";
    take({ id: "timeout", title: "Time", outcome: "fail", detail: whatHappened(error), hint });
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
