import { readFileSync } from "node:fs";

/** One call Microsoft's client made. */
export interface CapturedCall {
  readonly method: string;
  readonly signature: string;
  readonly protocolVersion: string;
  readonly correlationId: string;
  readonly request: { readonly [key: string]: unknown };
  /** The request's text as it was on the wire, where the capture kept it. */
  readonly raw?: string;
}

export interface CapturedScenario {
  readonly outcome?: string;
  readonly error?: { readonly [key: string]: unknown };
  readonly calls: readonly CapturedCall[];
}

/** Reads a file of test-data. */
export function testData<T>(file: string): T {
  return JSON.parse(readFileSync(new URL(`../../../test-data/${file}`, import.meta.url), "utf8")) as T;
}

export function scenarios(file: string): ReadonlyMap<string, CapturedScenario> {
  return new Map(Object.entries(testData<{ scenarios: Record<string, CapturedScenario> }>(file).scenarios));
}
