import type { DiagnoseOptions, DiagnosticCheck } from "@x/broker-contract";
import {
  type Call,
  CallLog,
  check,
  Deadline,
  emulatorWarning,
  isEmulator,
  redirectUriCheck,
  skipped,
  type TitledCheck,
  withoutHint,
} from "@x/broker-protocol";
import { deepChecks } from "./diagnose-deep.js";
import type { NativeSession } from "./native.js";
import { findWindow } from "./parent-window.js";
import { isElevated, whyNoWindow } from "./session.js";
import type { Wam } from "./wam.js";
import { type AccountKind, windowsRedirectUri } from "./wam-constants.js";

/** How long one check may take: those after it need their time, too. */
const checkTimeoutInMs = 5_000;

/** The checks of this platform, in order; see `deepChecks` for more. */
export const checks = {
  nativeAddon: { id: "native-addon", title: "Native addon" },
  session: { id: "session", title: "Windows session" },
  elevation: { id: "elevation", title: "Elevation" },
  wam: { id: "wam", title: "Web Account Manager" },
  personalAccounts: { id: "personal-accounts", title: "Personal accounts" },
  defaultAccount: { id: "default-account", title: "Account of the Windows session" },
  parentWindow: { id: "parent-window", title: "Window to sign in above" },
  redirectUri: { id: "redirect-uri", title: "Redirect URI" },
} as const satisfies Record<string, TitledCheck>;

/** See `Broker.diagnose`. */
export async function* diagnose(
  wam: Wam,
  readSession: () => NativeSession,
  options: DiagnoseOptions,
): AsyncGenerator<DiagnosticCheck> {
  const whole = new Deadline("diagnose", "windows", options, 0);
  const { clientId } = options;
  /** A call for one check. */
  const oneCall = (): Call => {
    const { correlationId } = whole;
    return {
      deadline: whole.within(checkTimeoutInMs),
      facts: { operation: "diagnose", platform: "windows", correlationId },
      log: new CallLog("diagnose", correlationId, options),
    };
  };

  const addon = await check(checks.nativeAddon, () => {
    whole.throwIfOver();
    return wam.binding === undefined ? "" : `Loaded (${process.platform}-${process.arch}).`;
  });
  yield addon;
  if (addon.outcome === "fail") {
    const rest = [
      checks.session,
      checks.elevation,
      checks.wam,
      checks.personalAccounts,
      checks.defaultAccount,
      checks.parentWindow,
    ];
    for (const one of rest) yield skipped(one, addon);
    yield redirectUri(clientId);
    return;
  }

  const session = readSession();
  yield sessionCheck(session, oneCall());
  yield elevationCheck(session);
  const found = await check(checks.wam, async () => {
    const provider = await wam.provider("organizations", "organizations", oneCall());
    const warning = isEmulator(provider.displayName) ? emulatorWarning : "";
    return `Answers, and offers the sign-in for work and school accounts ("${provider.displayName}").${warning}`;
  });
  yield found;
  if (found.outcome === "fail") {
    yield skipped(checks.personalAccounts, found);
    yield skipped(checks.defaultAccount, found);
  } else {
    yield await personalCheck(wam, oneCall());
    yield await check(checks.defaultAccount, async () => defaultDetail(await wam.defaultKind(oneCall())));
  }
  yield await check(checks.parentWindow, () => windowDetail(wam, oneCall()));
  if (options.deep === true && found.outcome !== "fail") yield* deepChecks(wam, clientId, oneCall);
  yield redirectUri(clientId);
}

function redirectUri(clientId: string | undefined): DiagnosticCheck {
  return redirectUriCheck(
    checks.redirectUri,
    clientId === undefined ? undefined : windowsRedirectUri(clientId),
  );
}

function sessionCheck(session: NativeSession, { facts }: Call): DiagnosticCheck {
  const problem = whyNoWindow(session, facts);
  const { sessionId = "unknown", stationName = "unknown" } = session;
  if (problem === undefined) {
    const detail = `Session ${sessionId}, window station ${stationName}: windows can be shown.`;
    return { ...checks.session, outcome: "ok", detail };
  }
  return { ...checks.session, outcome: "fail", detail: withoutHint(problem), hint: problem.hint };
}

function elevationCheck(session: NativeSession): DiagnosticCheck {
  const { integrityLevel } = session;
  const level = integrityLevel === undefined ? "" : ` (integrity level 0x${integrityLevel.toString(16)})`;
  if (!isElevated(session)) {
    return { ...checks.elevation, outcome: "ok", detail: `Runs without elevation${level}.` };
  }
  return {
    ...checks.elevation,
    outcome: "skip",
    detail: `Runs as administrator${level}: Windows shows no account picker then. Signing in to one tenant works.`,
    hint: "Name the tenant instead of common, or run without elevation.",
  };
}

async function personalCheck(wam: Wam, call: Call): Promise<DiagnosticCheck> {
  const titled = checks.personalAccounts;
  const done = await check(titled, async () => {
    await wam.provider("consumers", "consumers", call);
    return "Windows offers the sign-in for personal accounts.";
  });
  // Most apps sign in with work accounts alone.
  return done.outcome === "fail" ? { ...done, outcome: "skip" } : done;
}

function defaultDetail(kind: AccountKind | undefined): string {
  if (kind === undefined)
    return "Windows was logged on to without a Microsoft account: without a named account silent sign-in may find none.";
  return kind === "organizations" ? "A work or school account." : "A personal Microsoft account.";
}

function windowDetail(wam: Wam, call: Call): string {
  const { binding } = wam;
  const console = binding.consoleWindow();
  const window = findWindow(undefined, binding, call);
  const { className = "unknown" } = binding.windowFacts(window);
  const found = `"auto" means a window of class ${className}`;
  return window === console
    ? `${found}: that of the console or its terminal.`
    : `${found}: the desktop, as ${console === 0n ? "there is no console" : "the console's window cannot be seen"}. An app with windows should pass its own.`;
}
