import {
  BrokerError,
  type BrokerErrorCode,
  type BrokerErrorOptions,
  type BrokerPlatform,
  redactSensitive,
} from "@x/broker-contract";

/** What an error may say about the call it ended. */
export interface CallFacts {
  /** Name of the public call. */
  readonly operation: string;
  readonly platform: BrokerPlatform;
  readonly correlationId: string;
  readonly scopes?: readonly string[] | undefined;
  readonly redirectUri?: string | undefined;
  /** User and display names of the request: taken out of whatever the broker writes. */
  readonly personalData?: readonly string[] | undefined;
}

/** An error that knows its call. */
export function callError(code: BrokerErrorCode, facts: CallFacts, options: BrokerErrorOptions): BrokerError {
  return new BrokerError(code, {
    platform: facts.platform,
    correlationId: facts.correlationId,
    ...(facts.scopes !== undefined && { scopes: facts.scopes }),
    ...options,
  });
}

const longestText = 500;

/** A text of the broker or the bus, made fit for an error or a log: one line, short, nobody's name or token. */
export function foreignText(text: string, facts: Pick<CallFacts, "personalData">): string {
  // Addresses first: a name may be part of one, which would then no longer look like it.
  let result = redactSensitive(text.slice(0, 10_000));
  // Longest first: a user name may begin with the given name.
  for (const name of [...(facts.personalData ?? [])].sort((a, b) => b.length - a.length)) {
    if (name.length < 2) continue;
    const nameOrMark = new RegExp(`\\[(?:user|token|secret)\\]|${escapeRegExp(name)}`, "gi");
    result = result.replace(nameOrMark, (found) => (found.startsWith("[") ? found : "[user]"));
  }
  result = result.replace(/\s+/g, " ").trim();
  return result.length > longestText ? `${result.slice(0, longestText)}…` : result;
}

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

/** ` Whoever says: "…".`, or nothing if they say nothing. */
export function quoted(whoSays: string, text: string): string {
  if (text === "") return "";
  return ` ${whoSays}: "${text}"${/[.!?…]$/.test(text) ? "" : "."}`;
}
