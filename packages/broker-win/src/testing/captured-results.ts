import { intendedOutcomes } from "./intended-differences.js";

interface CapturedResult {
  readonly scenario: string;
  readonly outcome: "OK" | "ERROR" | "TIMEOUT";
  readonly errorStatus?: number;
}

/** Our codes for the statuses of Microsoft's client. */
const codes: Readonly<Record<number, string>> = {
  0: "broker_failed",
  2: "interaction_required",
  3: "no_network",
  5: "temporarily_unavailable",
  6: "invalid_request",
  7: "user_canceled",
  9: "invalid_request",
  12: "account_mismatch",
  17: "temporarily_unavailable",
};

/** How a scenario has to end. */
export interface ExpectedOutcome {
  /** Code of our error; `undefined`: success. */
  readonly code: string | undefined;
  /** The row of the intended outcomes that says so. */
  readonly intended?: (typeof intendedOutcomes)[number];
}

/** Tells how a scenario has to end: as captured, unless another end is intended. */
export function expectedOutcomes(text: string): (scenario: string) => ExpectedOutcome {
  const results = new Map(
    text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as CapturedResult)
      .map((result) => [result.scenario, result]),
  );
  return (scenario) => {
    const intended = intendedOutcomes.find(({ scenarios }) => scenarios.test(scenario));
    if (intended !== undefined) return { code: intended.code, intended };
    // How the two about scopes ended was not recorded.
    const { outcome = "OK", errorStatus } = results.get(scenario) ?? {};
    if (outcome === "OK" && errorStatus === undefined) return { code: undefined };
    const code = errorStatus === undefined ? undefined : codes[errorStatus];
    if (outcome !== "ERROR" || code === undefined) throw new Error(`${scenario} ended in no known way.`);
    return { code };
  };
}
