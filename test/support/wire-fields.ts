/** The fields of a request as `path: type` lines, sorted: what is compared with the captures. */
export function wireFields(value: unknown, path = ""): string[] {
  if (Array.isArray(value)) return [`${path}: array`];
  if (value === null) return [`${path}: null`];
  if (typeof value !== "object") return [`${path}: ${typeof value}`];
  const children = Object.entries(value).flatMap(([key, child]) =>
    wireFields(child, path === "" ? key : `${path}.${key}`),
  );
  return (path === "" ? children : [`${path}: object`, ...children]).sort();
}
