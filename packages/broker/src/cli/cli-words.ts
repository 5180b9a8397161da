/** What the credential's options are on the command line. */
const flagOf: Readonly<Record<string, string>> = {
  account: "--account",
  authenticationRecord: "--account",
  authorityHost: "the environment variable AZURE_AUTHORITY_HOST",
  claims: "--claims",
  clientId: "--client-id",
  disableInteractiveFallback: "--silent",
  fallback: "--fallback",
  loginHint: "--login-hint",
  "requestOptions.timeout": "--timeout",
  tenantId: "--tenant",
  timeoutInMs: "--timeout",
};

/**
 * Advice for programs, in words of the command line. For text of this project's packages alone: what a broker said is
 * to be read as it was.
 */
export function inCliWords(text: string): string {
  return text
    .replace(/\b[Tt]he option ["`]?([\w.]*\w)["`]?/g, (written, name: string) => flagOf[name] ?? written)
    .replace(/`(\w+)`/g, (written, name: string) => flagOf[name] ?? written)
    .replace(
      /\b(?:timeoutInMs|requestOptions\.timeout|authenticationRecord|loginHint|tenantId|clientId)\b/g,
      (name) => flagOf[name] ?? name,
    )
    .replace(/\(see getAccounts\)/g, "(see npx @x/broker accounts)")
    .replace(/getAccounts\(\) or /g, "")
    .replace(/show the code with the option userPromptCallback, or /g, "")
    .replace(/ with forceRefresh\b/g, "");
}
