import type { BrokerError, NativeErrorFacts } from "@x/broker-contract";
import { type CallFacts, callError, foreignText, quoted } from "@x/broker-protocol";
import { type BusAddress, type Environment, sessionAdvice } from "./bus-address.js";
import { dbusError, saysNobodyThere } from "./dbus-errors.js";
import type { NativeBinding, NativeError } from "./native.js";

/** The addon loads, but libsystemd, which it opens late, does not; `undefined` if that does as well. Opens it. */
export function libraryObstacle(binding: NativeBinding, facts: CallFacts): BrokerError | undefined {
  const linkerMessage = binding.loadLibrary();
  return linkerMessage === undefined ? undefined : libraryMissing(linkerMessage, facts);
}

/** libsystemd cannot be opened, or not be used; what the dynamic linker says. */
export function libraryMissing(linkerMessage: string, facts: CallFacts): BrokerError {
  const text = foreignText(linkerMessage, facts).replace(/[.\s]*$/, "");
  return callError("broker_unavailable", facts, {
    reason: "native_addon_missing",
    native: { linkerMessage: text },
    message: `The library libsystemd, through which the broker is asked, could not be loaded: ${text}.`,
    hint: libraryAdvice(text),
  });
}

function libraryAdvice(linkerMessage: string): string {
  if (linkerMessage.includes("undefined symbol: sd_"))
    return "The libsystemd found here is too old, version 239 or newer is needed: use a newer release of the distribution.";
  const missing = /^([^\s/:]+\.so[.\d]*): cannot open shared object file/.exec(linkerMessage)?.[1];
  if (missing !== undefined && !missing.startsWith("libsystemd"))
    return `libsystemd needs the library ${missing}, which is missing here: install the distribution's package that holds it.`;
  return "Install libsystemd, or install it again: `sudo apt-get install libsystemd0` (Debian, Ubuntu) or `sudo dnf install systemd-libs` (Fedora, RHEL).";
}

/** No connection to the bus at `found` could be made within `timeoutInMs`. */
export function connectFailed(
  native: NativeError,
  found: BusAddress,
  timeoutInMs: number,
  env: Environment,
  facts: CallFacts,
): BrokerError {
  const source = sourceName(found);
  const address = foreignText(found.address, facts);
  const facets = { native: connectFacts(native, found) };
  if (native.code === "timed_out") {
    return callError("broker_unavailable", facts, {
      ...facets,
      reason: "bus_refused",
      message: `The session bus at ${address} took the connection but did not answer within ${timeoutInMs} ms.`,
      hint: `Check that a D-Bus session bus listens where ${source} says.`,
      retryable: true,
    });
  }
  if (native.stage === "address") {
    return callError("broker_unavailable", facts, {
      ...facets,
      reason: "no_session_bus",
      message: `The session bus address ${address} (from ${source}) cannot be used.`,
      hint: "It should look like unix:path=/run/user/1000/bus.",
    });
  }
  const refused = native.stage === "authenticate" || native.errno === "EACCES" || native.errno === "EPERM";
  if (refused) {
    return callError("broker_unavailable", facts, {
      ...facets,
      reason: "bus_refused",
      message: `The session bus at ${address} refused this process.`,
      hint: "A session bus only takes its own user: run as the user who logged in. In a container with another user namespace, EXTERNAL authentication fails unless the user ids agree inside and outside.",
    });
  }
  return nobodyAtAddress(found, env, facts, native);
}

/** Nobody listens where the bus should be. */
export function nobodyAtAddress(
  found: BusAddress,
  env: Environment,
  facts: CallFacts,
  native: Pick<NativeError, "errno" | "stage"> = {},
): BrokerError {
  const errno = native.errno === undefined ? "" : `: ${native.errno}`;
  return callError("broker_unavailable", facts, {
    native: connectFacts(native, found),
    reason: "no_session_bus",
    message: `Nobody answers at the session bus address ${foreignText(found.address, facts)} (from ${sourceName(found)})${errno}.`,
    hint: sessionAdvice(env),
    retryable: true,
  });
}

function connectFacts(
  { errno, stage }: Pick<NativeError, "errno" | "stage">,
  { source }: BusAddress,
): NativeErrorFacts {
  return {
    ...(errno !== undefined && { errno }),
    ...(stage !== undefined && { stage }),
    addressFrom: source,
  };
}

function sourceName({ source }: BusAddress): string {
  return source === "option" ? "the busAddress option" : source;
}

/** The bus did not start the broker; `undefined` if the connection was at fault. */
export function activationFailed(
  error: NativeError,
  known: { readonly installed: boolean; readonly everReached: boolean },
  facts: CallFacts,
): BrokerError | undefined {
  if (saysNobodyThere(error)) {
    const native = { dbusError: error.dbusName ?? "" };
    if (known.everReached) {
      return callError("broker_unavailable", facts, {
        reason: "not_activatable",
        native,
        message: "The broker has left the bus, and the bus does not know how to start it again.",
        hint: "Start the broker again; one that was installed runs anew after logging out and in.",
        retryable: true,
      });
    }
    return known.installed
      ? callError("broker_unavailable", facts, {
          reason: "not_activatable",
          native,
          message: "The broker is installed, but this session bus cannot start it.",
          hint: "Log out and in again, so that the bus reads its service files anew; a private bus or a container's bus knows only its own.",
        })
      : notInstalled(facts, native);
  }
  if (error.code === "timed_out" || error.dbusName === "org.freedesktop.DBus.Error.TimedOut") {
    return callError("broker_unavailable", facts, {
      reason: "activation_failed",
      message: "The bus started the broker, but it never came up.",
      hint: "Look at `journalctl --user -e`; a locked keyring or a missing display can hold the broker up.",
      retryable: true,
    });
  }
  if (error.code === "dbus_error") {
    const text = foreignText(error.dbusMessage ?? "", facts);
    const told = dbusError(error, facts);
    if (told.reason === "activation_failed" || told.reason === "access_denied") return told;
    return callError("broker_unavailable", facts, {
      reason: "activation_failed",
      native: { dbusError: error.dbusName ?? "unknown" },
      message: `The bus could not start the broker.${quoted("It says", text)}`,
      hint: "Look at `journalctl --user -e`, or run `npx @x/broker doctor`.",
      retryable: told.retryable,
    });
  }
  return undefined;
}

/** Nothing on this machine shows that a broker was ever installed. */
export function notInstalled(facts: CallFacts, native: NativeErrorFacts = {}): BrokerError {
  return callError("broker_unavailable", facts, {
    reason: "not_installed",
    native,
    message: "There is no identity broker on this machine.",
    hint: "Install Microsoft's packages microsoft-identity-broker and intune-portal (from packages.microsoft.com, for Ubuntu and RHEL), register the device, and try again.",
  });
}

export function busLost(error: NativeError, facts: CallFacts): BrokerError {
  return callError("broker_unavailable", facts, {
    reason: "bus_lost",
    ...(error.errno !== undefined && { native: { errno: error.errno } }),
    message: "The connection to the session bus was lost before the answer came.",
    hint: "Try again: the next call connects afresh.",
    retryable: true,
  });
}

export function foreignReply(facts: CallFacts): BrokerError {
  return callError("protocol_error", facts, {
    message: "The answer did not come from the broker that was asked; it was thrown away.",
    hint: "Check what DBUS_SESSION_BUS_ADDRESS points to.",
  });
}

export function restlessName(facts: CallFacts): BrokerError {
  return callError("broker_unavailable", facts, {
    reason: "broker_died",
    message: "The broker's name on the bus keeps changing hands.",
    hint: "Brokers seem to start and end again and again: look at `journalctl --user -e`, then try again.",
    retryable: true,
  });
}

export function silentBus(timeoutInMs: number, facts: CallFacts): BrokerError {
  return callError("broker_unavailable", facts, {
    reason: "bus_lost",
    message: `The session bus did not answer within ${timeoutInMs} ms.`,
    hint: "Run `npx @x/broker doctor`; log out and in again if the bus hangs.",
    retryable: true,
  });
}

export function connectionClosed(facts: CallFacts): BrokerError {
  return callError("broker_unavailable", facts, {
    reason: "connection_closed",
    message: "The connection was closed with close() while the call was under way.",
    hint: "Call again to connect afresh.",
  });
}

/** The broker took the call, said that somebody is missing, and left. */
export function diedInTheMiddle(error: NativeError, facts: CallFacts): BrokerError {
  return callError("broker_unavailable", facts, {
    reason: "broker_died",
    native: { dbusError: error.dbusName ?? "unknown" },
    message: "The broker ended in the middle of the call.",
    hint: "Try again; if it stays, see `journalctl --user -e` and `npx @x/broker doctor`.",
    retryable: true,
  });
}

/** The broker is there and passes on that something it needs is not. */
export function helperMissing(error: NativeError, facts: CallFacts): BrokerError {
  return callError("broker_unavailable", facts, {
    reason: "required_broker_missing",
    native: { dbusError: error.dbusName ?? "unknown" },
    message: "The broker is there, but a service it needs is not.",
    hint: "Install the packages microsoft-identity-broker and intune-portal again, and see whether `systemctl status microsoft-identity-device-broker` is well.",
  });
}

export function untrustedOwner(uid: number, ownUid: number | undefined, facts: CallFacts): BrokerError {
  return callError("broker_unavailable", facts, {
    reason: "owner_untrusted",
    native: { ownerUid: uid, ownUid: ownUid ?? -1 },
    message: "The broker's name on the session bus belongs to another user, who would see every token.",
    hint: "Check what DBUS_SESSION_BUS_ADDRESS points to, and run as the user whose session it is.",
  });
}
