/** What an argument must be, and how to tell. */
export interface Rule {
  readonly expected: string;
  readonly accepts: (value: unknown) => boolean;
  /** What it is in JavaScript, where there are wrong ones of the right type. */
  readonly type?: "string" | "number";
  readonly isRequired?: boolean;
  /** Whether an error may repeat the text that was given: never where it may name a person. */
  readonly isQuotable?: boolean;
}

/** The properties an object may have. */
export type Shape = Readonly<Record<string, Rule>>;

const guid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
/** What a timer can wait at most. */
const longestDelayInMs = 2 ** 31 - 1;

export function isGuid(value: unknown): value is string {
  return typeof value === "string" && guid.test(value);
}

export const rules = {
  text: rule("a non-empty string", (value) => typeof value === "string" && value !== "", "string"),
  anyText: rule("a string", (value) => typeof value === "string"),
  anything: rule("given", (value) => value !== undefined),
  flag: rule("true or false", (value) => typeof value === "boolean"),
  callback: rule("a function", (value) => typeof value === "function"),
  list: rule("an array", Array.isArray),
  guid: rule("a GUID such as '11111111-2222-4333-8444-555555555555'", isGuid, "string"),
  guids: rule("an array of GUIDs", (value) => Array.isArray(value) && value.every(isGuid)),
  texts: rule(
    "an array of non-empty strings",
    (value) => Array.isArray(value) && value.every((item) => typeof item === "string" && item !== ""),
  ),
  username: rule(
    "a user principal name such as 'ada@contoso.example'",
    (value) => typeof value === "string" && /^[^\s@]+@[^\s@]+$/.test(value),
    "string",
  ),
  delay: rule(
    `a number of milliseconds from 0 to ${longestDelayInMs}`,
    (value) => typeof value === "number" && value >= 0 && value <= longestDelayInMs,
    "number",
  ),
  finite: rule("a finite number", Number.isFinite, "number"),
  positive: rule(
    "a finite number greater than 0",
    (value) => Number.isFinite(value) && Number(value) > 0,
    "number",
  ),
  wholeCount: rule(
    "a whole number of at least 1",
    (value) => Number.isSafeInteger(value) && Number(value) > 0,
    "number",
  ),
} as const;

export function rule(expected: string, accepts: (value: unknown) => boolean, type?: Rule["type"]): Rule {
  return { expected, accepts, ...(type === undefined ? {} : { type }) };
}

export function oneOf(allowed: readonly (string | number)[]): Rule {
  const expected = `one of ${allowed.join(", ")}`;
  const accepts = (value: unknown) => allowed.some((candidate) => candidate === value);
  return { expected, accepts, isQuotable: true };
}

export function required(optional: Rule): Rule {
  return { ...optional, isRequired: true };
}

/**
 * @param place The function or class that the argument was given to.
 * @throws TypeError, or RangeError for a number out of range.
 */
export function checkArgument(place: string, name: string, value: unknown, wanted: Rule): void {
  if (wanted.accepts(value)) return;
  const given = describe(value, wanted);
  const message = `${place}: \`${name}\` must be ${wanted.expected}, got ${given}.`;
  throw typeof value === "number" && wanted.type === "number"
    ? new RangeError(message)
    : new TypeError(message);
}

/**
 * Checks an object's properties, and that it has no others: a misspelt option would change nothing, silently.
 * @param prefix Stands before the properties' names in errors, e.g. `match.`.
 * @throws TypeError, or RangeError for a number out of range.
 */
export function checkObject(place: string, name: string, value: unknown, shape: Shape, prefix = ""): void {
  const known = Object.keys(shape);
  checkArgument(place, name, value, required(rule(`an object with ${listed(known)}`, isObject)));
  const object = value as Readonly<Record<string, unknown>>;
  for (const key of Object.keys(object)) {
    if (Object.hasOwn(shape, key)) continue;
    throw new TypeError(
      `${place}: \`${name}\` has an unknown property ${quoted(key)}; it can have ${listed(known)}.`,
    );
  }
  for (const [key, wanted] of Object.entries(shape)) {
    if (object[key] === undefined && wanted.isRequired !== true) continue;
    checkArgument(place, `${prefix}${key}`, object[key], wanted);
  }
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? "no properties" : names.join(", ");
}

function describe(value: unknown, { isQuotable = false, type }: Rule): string {
  if (value === undefined || value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number") return `the number ${value}`;
  if (value === "") return "an empty string";
  if (typeof value === "string" && isQuotable) return quoted(value);
  if (typeof value === "string") return type === "string" ? "another string" : "a string";
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}
