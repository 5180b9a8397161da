/** Every leaf of a JSON value, by its path; empty objects and arrays are leaves. */
function leaves(value: unknown, path = ""): Map<string, string> {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  const entries = isObject ? Object.entries(value) : [];
  if (entries.length === 0) return new Map([[path, JSON.stringify(value)]]);
  return new Map(entries.flatMap(([key, item]) => [...leaves(item, path === "" ? key : `${path}.${key}`)]));
}

/** The paths at which two JSON values differ. */
export function differingPaths(ours: unknown, captured: unknown): string[] {
  const left = leaves(ours);
  const right = leaves(captured);
  return [...new Set([...left.keys(), ...right.keys()])].filter((path) => left.get(path) !== right.get(path));
}
