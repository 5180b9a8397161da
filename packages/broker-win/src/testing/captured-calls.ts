import type { WamCall } from "./fake-wam.js";

/** An entry of a captured log, or of a fake's, in the captures' fields. */
export type LogEntry = Readonly<Record<string, unknown>> & { readonly call?: string };

/** One call that counts, in a form that can be compared. */
export interface Step {
  /** The call with what belongs to it: two steps with different texts are different calls. */
  readonly text: string;
  /** Everything else that was asked with it. */
  readonly fields: Readonly<Record<string, string>>;
}

/** What one part of a captured scenario (one call of Microsoft's client) asked. */
export interface CapturedPart {
  readonly part: string;
  readonly entries: LogEntry[];
}

/** The captured scenarios by name, each with its parts in order. */
export function parseCaptures(text: string): Map<string, CapturedPart[]> {
  const scenarios = new Map<string, CapturedPart[]>();
  for (const line of text.split("\n").filter((one) => one !== "")) {
    const entry = JSON.parse(line) as LogEntry & { readonly scenario: string; readonly part: string };
    const parts = scenarios.get(entry.scenario) ?? [];
    scenarios.set(entry.scenario, parts);
    if (entry.call === undefined) parts.push({ part: entry.part, entries: [] });
    else parts.at(-1)?.entries.push(entry);
  }
  return scenarios;
}

/** The steps in a log, whoever made it. */
export function stepsOf(entries: readonly (LogEntry | WamCall)[]): Step[] {
  const steps: Step[] = [];
  let headerText = "";
  for (const entry of entries as readonly LogEntry[]) {
    const text = (key: string) => String(entry[key] ?? "");
    switch (entry.call) {
      case "FindAccountProviderAsync":
        steps.push(step(`provider ${text("id")}`));
        break;
      case "FindAccountProviderWithAuthorityAsync":
        steps.push(step(`provider ${text("id")} ${text("authority")}`));
        break;
      case "FindAllAccountsWithClientIdAsync":
        steps.push(step(`list ${text("provider")}`, { clientId: text("clientId") }));
        break;
      case "FindAccountAsync":
        steps.push(step(`find ${text("id")}`));
        break;
      case "account.SignOutWithClientIdAsync":
        steps.push(step(`sign out ${text("id")}`, { clientId: text("clientId") }));
        break;
      case "result.InvalidateCacheAsync":
        steps.push(step("invalidate cache"));
        break;
      case "async.Cancel":
        steps.push(step(`cancel ${text("op")}`));
        break;
      case "pane.put_HeaderText":
        headerText = text("text");
        break;
      case "pane.commands":
        steps.push(
          step(`pane ${(entry["providers"] as string[]).join(" ")}`, {
            headerText: String(entry["headerText"] ?? headerText),
          }),
        );
        break;
      default:
        if (/Token/.test(entry.call ?? "") && "scope" in entry) steps.push(tokenStep(entry));
    }
  }
  return steps;
}

function step(text: string, fields: Step["fields"] = {}): Step {
  return { text, fields };
}

function tokenStep(entry: LogEntry): Step {
  const properties = entry["properties"] as Record<string, string>;
  const appProperties = entry["appProperties"] as Record<string, string>;
  const { id, authority } = entry["provider"] as { id: string; authority: string };
  const tokenType = properties["token_type"] === undefined ? "" : ` as ${properties["token_type"]}`;
  const flat = (prefix: string, map: Record<string, string>) =>
    Object.fromEntries(Object.entries(map).map(([name, value]) => [`${prefix}${name}`, value]));
  return {
    text: `${entry.call}${tokenType}`,
    fields: {
      provider: `${id} ${authority}`,
      clientId: String(entry["clientId"]),
      scope: String(entry["scope"]),
      promptType: String(entry["promptType"]),
      correlationId: String(entry["correlationId"]),
      webAccount: String(entry["webAccount"]),
      ...(entry["windowClass"] !== undefined && { window: String(entry["windowClass"]) }),
      ...flat("properties.", properties),
      ...flat("appProperties.", appProperties),
    },
  };
}

/** A call that is made on purpose where Microsoft's client makes none, or the other way round. */
export interface IntendedStep {
  readonly scenarios: RegExp;
  /** The part of the scenario; absent: any. */
  readonly part?: RegExp;
  /** What the step's text is. */
  readonly step: RegExp;
  /** From which occurrence on. Default 1. */
  readonly from?: number;
  readonly reason: string;
}

/** A field that differs on purpose. */
export interface IntendedField {
  readonly field: RegExp;
  readonly scenarios?: RegExp;
  readonly reason: string;
}

export interface IntendedDifferences {
  readonly leftOut: readonly IntendedStep[];
  readonly added: readonly IntendedStep[];
  readonly fields: readonly IntendedField[];
}

/**
 * What differs between a captured part and ours beyond what is intended, as texts; empty if nothing does.
 * @param met Gets every intended difference that was met.
 */
export function unintendedDifferences(
  { scenario, part }: { readonly scenario: string; readonly part: string },
  captured: readonly Step[],
  ours: readonly Step[],
  intended: IntendedDifferences,
  met: Set<unknown>,
): string[] {
  const without = (steps: readonly Step[], rows: readonly IntendedStep[]) => {
    const counts = new Map<IntendedStep, number>();
    return steps.filter(({ text }) => {
      const row = rows.find(
        (one) => one.scenarios.test(scenario) && (one.part?.test(part) ?? true) && one.step.test(text),
      );
      if (row === undefined) return true;
      const count = (counts.get(row) ?? 0) + 1;
      counts.set(row, count);
      if (count < (row.from ?? 1)) return true;
      met.add(row);
      return false;
    });
  };
  const theirs = without(captured, intended.leftOut);
  const own = without(ours, intended.added);
  const texts = (steps: readonly Step[]) => steps.map(({ text }) => text).join("\n");
  if (texts(theirs) !== texts(own)) return [`captured:\n${texts(theirs)}\nours:\n${texts(own)}`];
  return theirs.flatMap((one, index) =>
    differingFields(one.fields, own[index]?.fields ?? {})
      .filter((field) => {
        const row = intended.fields.find(
          (candidate) => candidate.field.test(field) && (candidate.scenarios?.test(scenario) ?? true),
        );
        if (row !== undefined) met.add(row);
        return row === undefined;
      })
      .map(
        (field) =>
          `${one.text} ${field}: captured ${one.fields[field] ?? "none"}, ours ${own[index]?.fields[field] ?? "none"}`,
      ),
  );
}

function differingFields(left: Step["fields"], right: Step["fields"]): string[] {
  return [...new Set([...Object.keys(left), ...Object.keys(right)])].filter(
    (name) => left[name] !== right[name],
  );
}
