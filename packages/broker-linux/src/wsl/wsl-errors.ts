import type { BrokerError, NativeErrorFacts } from "@x/broker-contract";
import { type CallFacts, callError, foreignText, quoted } from "@x/broker-protocol";
import type { ProgramFailure, ProgramResult } from "./run-program.js";

/** A failure of work that several calls share, before it is known which call it is told to. */
export class WslFailure extends Error {
  override readonly name = "WslFailure";
  readonly describe: (facts: CallFacts) => BrokerError;

  constructor(describe: (facts: CallFacts) => BrokerError) {
    super("Windows' broker is out of reach.");
    this.describe = describe;
  }
}

interface Absence {
  readonly message: string;
  readonly hint: string;
}

const byHand = "Where a broker runs in this distribution, X_BROKER_TRANSPORT=dbus asks that one.";
const update = "Run `wsl --update` in Windows (2.4.13 or newer is needed), then `wsl --shutdown`.";

/** Why Windows' broker is out of reach here, and stays so until somebody changes this machine. */
const absences = {
  wsl1: {
    message: "This is WSL 1, which cannot reach Windows' broker.",
    hint: "Run `wsl --set-version <distribution> 2` in Windows.",
  },
  wsl_kernel_unmarked: {
    message: "This kernel is Microsoft's but does not say that it is WSL 2.",
    hint: `${update} With a kernel of your own, set X_BROKER_TRANSPORT=wsl.`,
  },
  not_wsl: {
    message: "Windows' broker was asked for, but this is not WSL.",
    hint: "Leave X_BROKER_TRANSPORT and the option `transport` at auto.",
  },
  wslinfo_missing: {
    message:
      "There is no wslinfo, which tells where WSL's broker proxy is: WSL is too old, or this is a container.",
    hint: `${update} A container sees no broker of Windows: sign in outside it. ${byHand}`,
  },
  wsl_too_old: {
    message: "wslinfo does not know of a broker proxy: WSL is too old.",
    hint: `${update} ${byHand}`,
  },
  wsl_proxy_missing: {
    message: "WSL's broker proxy is not where wslinfo says it is.",
    hint: `Are Windows' drives mounted (automount in /etc/wsl.conf)? If so: ${update} ${byHand}`,
  },
  wsl_interop_off: {
    message: "WSL's interop is off: this kernel cannot execute Windows programs, such as the broker proxy.",
    hint: `Set \`enabled=true\` under [interop] in /etc/wsl.conf, then run \`wsl --shutdown\` in Windows. Where systemd has removed the entry for Windows programs, put the line \`:WSLInterop:M::MZ::/init:PF\` into /etc/binfmt.d/WSLInterop.conf and restart systemd-binfmt. ${byHand}`,
  },
} as const satisfies Record<string, Absence>;

export type AbsenceReason = keyof typeof absences;

/** Whether an error says that Windows' broker is not to be had here at all, rather than that it failed. */
export function isAbsence(error: BrokerError): boolean {
  return error.reason !== undefined && Object.hasOwn(absences, error.reason);
}

export function absence(reason: AbsenceReason, facts: CallFacts, native: NativeErrorFacts = {}): BrokerError {
  return callError("broker_unavailable", facts, { reason, native, ...absences[reason] });
}

const doctor = "Run `npx @x/broker doctor` for the whole picture.";

/** wslinfo did not get to its end. */
export function wslinfoFailed(failure: ProgramFailure, facts: CallFacts): BrokerError {
  const slow = failure.kind === "too_slow";
  return callError("broker_unavailable", facts, {
    reason: "wslinfo_failed",
    message: slow ? "wslinfo does not answer." : "wslinfo could not be run.",
    hint: `Run \`wslinfo --msal-proxy-path -n\` by hand to see why. ${doctor}`,
    native: { program: "wslinfo", ...failureFacts(failure) },
    retryable: slow,
  });
}

/** The proxy did not get to an answer. */
export function proxyFailed(failure: ProgramFailure, facts: CallFacts): BrokerError {
  const native = { program: "msal.wsl.proxy.exe", ...failureFacts(failure) };
  if (failure.kind === "too_long") {
    return callError("protocol_error", facts, {
      reason: "answer_too_long",
      message: "The proxy's answer has no end.",
      hint: "Try again; if it stays, report it together with the version of WSL (`wsl --version`).",
      native,
    });
  }
  if (failure.kind === "too_slow") {
    return callError("broker_unavailable", facts, {
      reason: "wsl_proxy_silent",
      message: "WSL's broker proxy was started but does not answer.",
      hint: `Try again; if it stays, run \`wsl --shutdown\` in Windows. ${doctor}`,
      native,
      retryable: true,
    });
  }
  return proxyNotStarted(facts, native, "");
}

/** Whether a program ended as one that did its work. */
export function endedWell({ exitCode, signal }: ProgramResult): boolean {
  return signal === undefined && exitCode === 0;
}

/** Whether what was started never became the proxy. */
export function neverRan({ exitCode, complaint }: ProgramResult): boolean {
  return exitCode === 126 || exitCode === 127 || interopComplaint.test(complaint);
}

/** What WSL's own starter of Windows programs writes when it fails, e.g. `<3>WSL (12) ERROR: UtilAcceptVsock:…`. */
const interopComplaint = /\bWSL \([^)]*\) ERROR:/;

/** The proxy ended badly and without an answer. */
export function proxyEnded(result: ProgramResult, facts: CallFacts): BrokerError {
  const { exitCode = -1, signal } = result;
  const says = quoted("It says", foreignText(result.complaint, facts));
  if (signal !== undefined) {
    return callError("broker_unavailable", facts, {
      reason: "broker_died",
      message: `WSL's broker proxy was ended (${signal}) in the middle of the call.${says}`,
      hint: `Try again. ${doctor}`,
      native: { program: "msal.wsl.proxy.exe", signal },
      retryable: true,
    });
  }
  const native = { program: "msal.wsl.proxy.exe", exitCode };
  if (neverRan(result)) return proxyNotStarted(facts, native, says);
  return callError("broker_failed", facts, {
    reason: "wsl_proxy_failed",
    message: `WSL's broker proxy ended with exit code ${exitCode} and without an answer.${says}`,
    hint: `Try again; if it stays, update WSL and Windows, and sign out of Windows and in again. ${doctor}`,
    native,
  });
}

function proxyNotStarted(facts: CallFacts, native: NativeErrorFacts, says: string): BrokerError {
  return callError("broker_unavailable", facts, {
    reason: "wsl_proxy_not_started",
    message: `WSL's broker proxy could not be started.${says}`,
    hint: `Does another Windows program run from here (\`cmd.exe /c ver\`)? If none does, run \`wsl --shutdown\` in Windows; a systemd service may need WSL_INTEROP from a login shell. ${doctor}`,
    native,
  });
}

/** The request would not fit. */
export function commandLineTooLong(length: number, limit: number, facts: CallFacts): BrokerError {
  return callError("invalid_request", facts, {
    reason: "command_line_too_long",
    message: `The request makes a command line of ${length} characters, and Windows takes ${limit}.`,
    hint: "Ask for fewer scopes, with shorter claims or extra parameters: WSL's proxy takes requests in its arguments only.",
    native: { commandLineLength: length },
  });
}

function failureFacts(failure: ProgramFailure): NativeErrorFacts {
  return { failure: failure.kind, ...(failure.errno !== undefined && { errno: failure.errno }) };
}

/** The caller closed the broker. */
export function connectionClosed(facts: CallFacts): BrokerError {
  return callError("broker_unavailable", facts, {
    reason: "connection_closed",
    message: "The broker was closed with close() while the call was under way.",
    hint: "Call again to start afresh.",
  });
}
