const rules: readonly (readonly [RegExp, string])[] = [
  // A JWT, or the start of one that was cut off.
  [/eyJ[\w-]{8,}(?:\.[\w-]*){0,4}/g, "[token]"],
  // Refresh tokens and authorization codes of Entra ("0.AXoA…", "1.AX…", "M.C5…").
  [/\b(?:[01]\.A|M\.[CR]\d)[\w.!*$-]{20,}/g, "[token]"],
  // Any other long run that no person wrote: cookies, keys, client info.
  [/[\w+/=-]{64,}/g, "[secret]"],
  // User principal names and e-mail addresses.
  [/[^\s"'<>()[\]{},;:=|/\\]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+/gu, "[user]"],
];

/**
 * Takes tokens, other long secrets and user names out of a text that somebody else wrote (the OS, a broker,
 * the tenant), so that it can stand in an error or a log. GUIDs, URLs and error codes stay.
 */
export function redactSensitive(text: string): string {
  return rules.reduce((result, [pattern, mark]) => result.replace(pattern, mark), text);
}
