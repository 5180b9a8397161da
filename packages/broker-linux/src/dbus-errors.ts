import type { BrokerError, BrokerErrorCode, NativeErrorFacts } from "@x/broker-contract";
import {
  type CallFacts,
  callError,
  findAadsts,
  foreignText,
  knownAadsts,
  quoted,
  redirectUriAdvice,
} from "@x/broker-protocol";
import type { NativeError } from "./native.js";
import { brokerRedirectUri } from "./protocol.js";
import { needsAccount } from "./wire-errors.js";

interface Rule {
  /** D-Bus error name without `org.freedesktop.DBus.Error.`, or a whole name. */
  readonly name: RegExp;
  /** What its text must look like; default: anything. */
  readonly text?: RegExp;
  readonly code: BrokerErrorCode;
  readonly reason?: string;
  readonly message: string;
  readonly hint: string;
  readonly retryable?: boolean;
}

const doctor = "Run `npx @x/broker doctor` for the whole picture.";

const notSupported = {
  code: "not_supported",
  message: "This broker does not have that method.",
  hint: "A newer broker, or Microsoft's instead of an independent one, may have it.",
} as const;

/** What a D-Bus error means here; the first rule that fits counts. */
const rules: readonly Rule[] = [
  {
    name: /^NoReply$/,
    text: /disconnected/i,
    code: "broker_unavailable",
    reason: "broker_died",
    message: "The broker ended in the middle of the call.",
    hint: `Try again: the bus starts it anew. If it keeps dying, look at \`journalctl --user -e\`; a locked keyring is a usual cause. ${doctor}`,
    retryable: true,
  },
  {
    name: /^(?:NoReply|TimedOut|Timeout)$/,
    code: "timed_out",
    message: "The broker did not answer in time.",
    hint: `Try again, or allow more time with timeoutInMs. ${doctor}`,
    retryable: true,
  },
  {
    name: /^(?:Disconnected|NoServer)$/,
    code: "broker_unavailable",
    reason: "bus_lost",
    message: "The session bus went away.",
    hint: "Try again: the next call connects afresh.",
    retryable: true,
  },
  {
    name: /^Spawn\.|^org\.freedesktop\.systemd1\./,
    code: "broker_unavailable",
    reason: "activation_failed",
    message: "The bus could not start the broker.",
    hint: `Start it by hand to see why: /opt/microsoft/identity-broker/bin/microsoft-identity-broker; then look at \`journalctl --user -e\`. ${doctor}`,
  },
  {
    name: /^(?:ServiceUnknown|NameHasNoOwner)$/,
    code: "broker_unavailable",
    reason: "broker_died",
    message: "The broker left the bus.",
    hint: "Try again: the bus starts it anew.",
    retryable: true,
  },
  {
    name: /^(?:UnknownObject|UnknownInterface)$/,
    code: "temporarily_unavailable",
    reason: "not_ready",
    message: "The broker is on the bus but does not serve its object yet.",
    hint: `Try again in a moment. If it stays, something else has taken the broker's name. ${doctor}`,
    retryable: true,
  },
  { name: /^(?:UnknownMethod|NotSupported)$/, ...notSupported },
  { name: /./, text: /not implemented/i, ...notSupported },
  {
    name: /^(?:AccessDenied|AuthFailed|InteractiveAuthorizationRequired)$/,
    code: "broker_unavailable",
    reason: "access_denied",
    message: "The bus or the broker does not let this program ask.",
    hint: "A sandbox (snap, Flatpak, AppArmor, SELinux) usually forbids it: allow the program to talk to com.microsoft.identity.broker1 on the session bus.",
  },
  {
    name: /^(?:LimitsExceeded|NoMemory)$/,
    code: "temporarily_unavailable",
    message: "The bus or the broker has too much to do.",
    hint: "Make fewer calls at once and try again.",
    retryable: true,
  },
  {
    name: /^(?:InvalidArgs|InvalidSignature)$/,
    code: "protocol_error",
    message: "The broker does not understand the call.",
    hint: "Its version may speak another protocol: report it together with the broker's version.",
  },
  { name: /./, text: /missing account/i, ...needsAccount },
  {
    name: /./,
    text: /cannot open display|DISPLAY/,
    code: "broker_failed",
    reason: "no_display",
    message: "The broker cannot show a window.",
    hint: "Sign in from a graphical session; after logging in, `dbus-update-activation-environment DISPLAY WAYLAND_DISPLAY XAUTHORITY` tells the bus about it.",
  },
];

/** Turns a D-Bus error about a call to the broker into a `BrokerError`. */
export function dbusError(error: NativeError, facts: CallFacts): BrokerError {
  const name = error.dbusName ?? "unknown";
  const shortName = name.replace(/^org\.freedesktop\.DBus\.Error\./, "");
  const text = error.dbusMessage ?? "";
  const rule = rules.find((one) => one.name.test(shortName) && (one.text?.test(text) ?? true));
  const told = foreignText(text, facts);
  const says = quoted("The bus says", told);
  const native: NativeErrorFacts = { dbusError: name };
  if (rule !== undefined) {
    return callError(rule.code, facts, {
      message: `${rule.message}${says}`,
      hint: rule.hint,
      native,
      retryable: rule.retryable ?? false,
      ...(rule.reason !== undefined && { reason: rule.reason }),
    });
  }
  return refusal(text, told, native, facts);
}

/** himmelblau's broker tells failed sign-ins as plain D-Bus errors. */
function refusal(text: string, told: string, native: NativeErrorFacts, facts: CallFacts): BrokerError {
  const aadsts = findAadsts(text);
  const known = aadsts === undefined ? undefined : knownAadsts[aadsts];
  const code = known?.code ?? "broker_failed";
  const redirectUri = code === "redirect_uri_mismatch" ? (facts.redirectUri ?? brokerRedirectUri) : undefined;
  const hint =
    known?.hint ??
    "Try again; if it stays, report it with the correlation id, under which the broker's log has more.";
  return callError(code, facts, {
    message: told === "" ? "The broker failed without saying why." : quoted("The broker failed", told).trim(),
    hint: redirectUri === undefined ? hint : `${hint} ${redirectUriAdvice(redirectUri)}`,
    native,
    ...(known?.reason !== undefined && { reason: known.reason }),
    ...(aadsts !== undefined && { aadsts }),
    ...(redirectUri !== undefined && { redirectUri }),
  });
}

/** Whether the bus says that nobody has the name a message was sent to: nobody got it. */
export function saysNobodyThere(error: NativeError): boolean {
  return (
    error.code === "dbus_error" &&
    (error.dbusName === "org.freedesktop.DBus.Error.ServiceUnknown" ||
      error.dbusName === "org.freedesktop.DBus.Error.NameHasNoOwner")
  );
}
