type Rule = readonly [RegExp, (found: string) => string];

/** Every repetition is bounded or followed by nothing that can fail: a text of any length takes linear time. */
const secrets: readonly Rule[] = [
  // A JWT, or the start of one that was cut off.
  [/eyJ[\w-]{8,}(?:\.[\w-]*){0,4}/g, () => "[token]"],
  // Refresh tokens and authorization codes of Entra ("0.AXoA…", "1.AX…", "M.C5…").
  [/\b(?:[01]\.A|M\.[CR]\d)[\w.!*$-]{20,}/g, () => "[token]"],
  // Any other long run that no person wrote: cookies, keys, client info. With slashes it may be a path instead.
  [/[A-Za-z0-9+/]{64,}={0,2}/g, (run) => (isBase64(run) ? "[secret]" : run)],
  [/[\w+=-]{64,}/g, () => "[secret]"],
];

/**
 * User principal names and e-mail addresses, also within a URL; a package with its version is none. No literal: V8 checks
 * those when it reads the file, and takes a millisecond for all the letters and digits that there are.
 */
const principalName = String.raw`(?:(?<![\p{L}\p{N}.])[\p{L}\p{N}.]{1,32}')?[^\s"'<>()[\]{},;:=|/\\?&@]{1,128}(?:@|%40)(?!\d+\.\d+\.\d+(?![\d.]))[\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63}){0,16}`;

let userNames: readonly Rule[] | undefined;

function userNameRules(): readonly Rule[] {
  userNames ??= [
    [new RegExp(principalName, "gu"), () => "[user]"],
    // CONTOSO\ada, but no part of a Windows path, and no line break written as \n.
    [/(?<![\w\\:.-])[A-Z][A-Z0-9-]{1,14}\\(?![nrt](?:[A-Z\\]|\b))[\w.-]{2,64}(?![\w\\.-])/g, () => "[user]"],
  ];
  return userNames;
}

/**
 * Takes tokens, other long secrets and user names out of a text that somebody else wrote (the OS, a broker,
 * the tenant), so that it can stand in an error or a log. GUIDs, URLs, file paths and error codes stay.
 */
export function redactSensitive(text: string): string {
  return apply(userNameRules(), redactSecrets(text));
}

/** Takes tokens and other long secrets out of a text, but leaves user names: for a log that may name accounts. */
export function redactSecrets(text: string): string {
  return apply(secrets, text);
}

function apply(rules: readonly Rule[], text: string): string {
  return rules.reduce((result, [pattern, replacement]) => result.replace(pattern, replacement), text);
}

/** Whether a run is as mixed as encoded bytes are; words in a path are short, and mostly lower case. */
function isBase64(run: string): boolean {
  const share = (kind: RegExp) => (run.match(kind)?.length ?? 0) / run.length;
  return (
    share(/[A-Z]/g) > 1 / 6 && share(/[a-z]/g) > 1 / 6 && share(/[0-9]/g) > 1 / 32 && share(/\//g) < 1 / 10
  );
}
