import type { BrokerError } from "@x/broker-contract";
import { type CallFacts, callError } from "@x/broker-protocol";
import { files } from "./files.js";

/** Environment variables, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Where the session bus is, and how that is known. */
export interface BusAddress {
  readonly address: string;
  readonly source: "option" | "DBUS_SESSION_BUS_ADDRESS" | "XDG_RUNTIME_DIR";
}

/** The session bus's address by the rules of the D-Bus specification, or `undefined` if none is known. */
export function findBusAddress(option: string | undefined, env: Environment): BusAddress | undefined {
  if (option !== undefined) return { address: option, source: "option" };
  const given = env["DBUS_SESSION_BUS_ADDRESS"];
  if (given) return { address: given, source: "DBUS_SESSION_BUS_ADDRESS" };
  const runtime = env["XDG_RUNTIME_DIR"];
  if (runtime) return { address: `unix:path=${escapeValue(`${runtime}/bus`)}`, source: "XDG_RUNTIME_DIR" };
  return undefined;
}

/** Kind of an address (`unix:path`, `unix:abstract`, `tcp`, …), for people: the value itself may name a user. */
export function addressKind(address: string): string {
  const [transport = "", rest = ""] = address.split(":", 2);
  const key = rest.split("=", 1)[0] ?? "";
  return transport === "unix" && key !== "" ? `unix:${key}` : transport;
}

/** The error for a machine or a session without a session bus, with what usually lies behind it. */
export function noSessionBus(env: Environment, facts: CallFacts): BrokerError {
  return callError("broker_unavailable", facts, {
    reason: "no_session_bus",
    message: "There is no session bus: neither DBUS_SESSION_BUS_ADDRESS nor XDG_RUNTIME_DIR is set.",
    hint: sessionAdvice(env),
  });
}

/** Whether this process runs in a container, as far as container engines show it. */
export function isContainer(env: Environment, exists: (path: string) => boolean = files.exists): boolean {
  return Boolean(env["container"]) || exists("/.dockerenv") || exists("/run/.containerenv");
}

/** How to get at a session bus from where this process runs. */
export function sessionAdvice(env: Environment): string {
  if (isContainer(env)) {
    return "In a container, mount the host's session bus socket and set DBUS_SESSION_BUS_ADDRESS to it, running as the same user id; or sign in without the broker there.";
  }
  if (env["SSH_CONNECTION"] || env["SSH_TTY"]) {
    return "Over SSH, log in with a systemd user session (`loginctl enable-linger` keeps one), or set XDG_RUNTIME_DIR=/run/user/$(id -u); sudo and su drop it.";
  }
  if (env["INVOCATION_ID"]) {
    return "A systemd service has no session bus: run it as a user service (`systemctl --user`).";
  }
  return "Run inside a login session. From cron, sudo or su, set XDG_RUNTIME_DIR=/run/user/$(id -u) first.";
}

/** Escapes a value as the D-Bus specification wants it in an address. */
function escapeValue(value: string): string {
  let escaped = "";
  for (const byte of Buffer.from(value)) {
    const char = String.fromCharCode(byte);
    escaped += /[-0-9A-Za-z_/.\\*]/.test(char) ? char : `%${byte.toString(16).padStart(2, "0")}`;
  }
  return escaped;
}
