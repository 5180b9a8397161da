import { BrokerError, type DiagnosticCheck } from "@x/broker-contract";

/** Which check it is. */
export type TitledCheck = Pick<DiagnosticCheck, "id" | "title">;

/**
 * Carries out one check: `look` says what was found, its `BrokerError` what is wrong. Anything else it throws
 * (an abort) ends the diagnosis.
 */
export async function check(
  { id, title }: TitledCheck,
  look: () => string | Promise<string>,
): Promise<DiagnosticCheck> {
  try {
    return { id, title, outcome: "ok", detail: await look() };
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error;
    return { id, title, outcome: "fail", detail: withoutHint(error), hint: error.hint };
  }
}

/** A check that an earlier failure makes pointless. */
export function skipped({ id, title }: TitledCheck, because: TitledCheck): DiagnosticCheck {
  return { id, title, outcome: "skip", detail: `Not looked at, because "${because.title}" failed.` };
}

/** What happened, without the hint, the code and the facts that follow it in a `BrokerError`'s message. */
export function withoutHint(error: BrokerError): string {
  const end = error.message.indexOf(` ${error.hint}`);
  return end < 0 ? error.message : error.message.slice(0, end);
}

/** How the redirect URI stands, which only a sign-in shows. `undefined` where no app was named. */
export function redirectUriCheck(titled: TitledCheck, redirectUri: string | undefined): DiagnosticCheck {
  const detail =
    redirectUri === undefined
      ? "Does not apply: registered for the default app. For an app of your own, give its client id (--client-id)."
      : `Only a sign-in shows whether it is registered. ${redirectUriAdvice(redirectUri)}`;
  return { ...titled, outcome: "skip", detail };
}

/** Where to register a redirect URI. */
export function redirectUriAdvice(redirectUri: string): string {
  return (
    `Add exactly ${redirectUri} in the Azure portal under App registrations > (your app) > Authentication > ` +
    "Mobile and desktop applications."
  );
}
