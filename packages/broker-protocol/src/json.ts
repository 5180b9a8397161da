/** A JSON object nobody has vouched for. */
export type JsonObject = { readonly [key: string]: unknown };

/** What `canonicalJson` writes. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue | undefined };

/** `value` as an object, or `undefined` when it is anything else (an array and `null` included). */
export function asObject(value: unknown): JsonObject | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : undefined;
}

/** Parses text to an object; `undefined` for anything else. */
export function parseObject(text: string): JsonObject | undefined {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** An own field, whatever it is. What a prototype offers is not an answer. */
export function field(object: JsonObject, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/** A field that is a string; empty counts. */
export function stringField(object: JsonObject, key: string): string | undefined {
  const value = field(object, key);
  return typeof value === "string" ? value : undefined;
}

/** A field that is a string with something in it. */
export function textField(object: JsonObject, key: string): string | undefined {
  return stringField(object, key) || undefined;
}

export function objectField(object: JsonObject, key: string): JsonObject | undefined {
  return asObject(field(object, key));
}

/** A field that is a number, or a string of one, as Microsoft's client accepts both. Never NaN. */
export function numberField(object: JsonObject, key: string): number | undefined {
  const value = field(object, key);
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : undefined;
}

/** JSON as Microsoft's client writes it: compact, keys sorted at every level; `undefined` fields are left out. */
export function canonicalJson(value: JsonValue): string {
  // Requests are built in that order, and then the engine's own way is much the fastest.
  return isSorted(value) ? JSON.stringify(value) : sortedJson(value);
}

/** Whether the keys of all objects come in order. */
function isSorted(value: JsonValue | undefined): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (Array.isArray(value)) return value.every(isSorted);
  const object = value as { readonly [key: string]: JsonValue | undefined };
  let before = "";
  // Makes no list of them. Inherited keys, which there should be none of, can only make it look unsorted.
  for (const key in object) {
    if (key < before || !isSorted(object[key])) return false;
    before = key;
  }
  return true;
}

function sortedJson(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(sortedJson).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const object = value as { readonly [key: string]: JsonValue | undefined };
    const fields: string[] = [];
    for (const key of Object.keys(object).sort()) {
      const item = object[key];
      if (item !== undefined) fields.push(`${JSON.stringify(key)}:${sortedJson(item)}`);
    }
    return `{${fields.join(",")}}`;
  }
  return JSON.stringify(value);
}
