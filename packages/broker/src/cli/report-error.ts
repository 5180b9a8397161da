import { isBrokerError } from "@x/broker-contract";
import { whatHappened } from "../what-happened.js";
import { inCliWords } from "./cli-words.js";
import { exitCodeOf, exitCodes } from "./exit-codes.js";

/** The flags of a command that its errors speak of. */
export interface AskedFor {
  readonly json: boolean;
  readonly silent: boolean;
}

/** Says what went wrong and what to do: for a person, or as one line of JSON. */
export function describeError(error: unknown, asked: AskedFor): string {
  if (asked.json) return JSON.stringify({ error: factsOf(error, asked) });
  const { message, hint, facts } = readable(error, asked);
  return [
    `broker: ${message}`,
    ...(hint === "" ? [] : [`  → ${hint}`]),
    ...(facts === "" ? [] : [`  ${facts}`]),
  ].join("\n");
}

function readable(error: unknown, { silent }: AskedFor): { message: string; hint: string; facts: string } {
  if (!(error instanceof Error)) return { message: String(error), hint: "", facts: "" };
  if (error.name === "AbortError") return { message: "Interrupted.", hint: "", facts: "" };
  const told = isBrokerError(error) ? error : error.cause;
  if (!isBrokerError(told)) return { message: error.message, hint: "", facts: "" };
  const message = inCliWords(whatHappened(told));
  const code = told.reason === undefined ? told.code : `${told.code} (${told.reason})`;
  const facts = told.correlationId === undefined ? code : `${code}, correlation id ${told.correlationId}`;
  if (exitCodeOf(error, silent) === exitCodes.interactionRequired)
    return { message, hint: "Run it again without --silent, to sign in in a window.", facts };
  if (told.code === "timed_out") {
    const hint =
      "Allow more time with --timeout, or see what the broker is waiting for with: npx @x/broker doctor";
    return { message, hint, facts };
  }
  return { message, hint: inCliWords(told.hint), facts };
}

function factsOf(error: unknown, asked: AskedFor): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: String(error) };
  const { name } = error;
  const told = isBrokerError(error) ? error : error.cause;
  if (!isBrokerError(told)) return { name, message: error.message };
  const { message, hint } = readable(error, asked);
  // The outer error's name is what a program has to decide by; the rest is the broker's.
  return { ...told.toJSON(), name, message, hint };
}
