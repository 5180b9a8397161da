import { BrokerError, type BrokerStatus, type DiagnosticCheck } from "@x/broker-contract";
import { emulatorWarning } from "./emulator.js";

/** Which check it is. */
export type TitledCheck = Pick<DiagnosticCheck, "id" | "title">;

/**
 * Carries out one check: `look` says what was found, its `BrokerError` what is wrong. Anything else it throws
 * (an abort) ends the diagnosis.
 */
export async function check(
  titled: TitledCheck,
  look: () => string | Promise<string>,
): Promise<DiagnosticCheck> {
  try {
    return { ...titled, outcome: "ok", detail: await look() };
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error;
    return { ...titled, outcome: "fail", detail: withoutHint(error), hint: error.hint };
  }
}

/** A check that an earlier failure makes pointless. */
export function skipped(titled: TitledCheck, because: TitledCheck): DiagnosticCheck {
  return { ...titled, outcome: "skip", detail: `Not looked at, because "${because.title}" failed.` };
}

/** What a probe tells about the broker's version. */
export function versionCheck(titled: TitledCheck, status: BrokerStatus): DiagnosticCheck {
  if (!status.available) {
    if (status.error.code === "timed_out") {
      const detail = "The broker is there, but did not tell its version in time.";
      return { ...titled, outcome: "skip", detail };
    }
    return { ...titled, outcome: "fail", detail: withoutHint(status.error), hint: status.error.hint };
  }
  const version = status.brokerVersion;
  if (version === undefined) {
    return { ...titled, outcome: "skip", detail: "The broker answers, but does not tell its version." };
  }
  const warning = status.emulated ? emulatorWarning : "";
  return { ...titled, outcome: "ok", detail: `${version}.${warning}` };
}

/** @param redirectUri What the app has to register; `undefined` where no app was named. */
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

/** What happened, without the hint, the code and the facts that follow it in a `BrokerError`'s message. */
export function withoutHint(error: BrokerError): string {
  const end = error.message.indexOf(` ${error.hint}`);
  return end < 0 ? error.message : error.message.slice(0, end);
}
