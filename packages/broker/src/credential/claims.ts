/**
 * One claims request (JSON text) that asks for what both ask for. Where they differ, the later one counts: it is
 * what the tenant said last. A later one that is no JSON object is left out.
 */
export function mergeClaims(earlier: string | undefined, later: string | undefined): string | undefined {
  const added = objectOf(later);
  if (later === undefined || added === undefined) return earlier;
  const present = objectOf(earlier);
  return present === undefined ? later : JSON.stringify(merge(present, added, 2));
}

type JsonObject = Readonly<Record<string, unknown>>;

/** Merges as deep as a claims request has a structure of its own: token kind, then claim. */
function merge(earlier: JsonObject, later: JsonObject, depth: number): JsonObject {
  const merged: Record<string, unknown> = { ...earlier };
  for (const [name, value] of Object.entries(later)) {
    const present = merged[name];
    merged[name] =
      depth > 1 && isObject(present) && isObject(value) ? merge(present, value, depth - 1) : value;
  }
  return merged;
}

function objectOf(text: string | undefined): JsonObject | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
