import type { NativeError } from "./native.js";

/** `error` as what the addon throws, or `undefined` if it is something else. */
export function asNativeError(error: unknown): NativeError | undefined {
  return error instanceof Error &&
    error.name !== "BrokerError" &&
    nativeCodes.has((error as Partial<NativeError>).code ?? "")
    ? (error as NativeError)
    : undefined;
}

const nativeCodes = new Set<string>([
  "dbus_error",
  "timed_out",
  "canceled",
  "disconnected",
  "library_missing",
  "connect_failed",
  "invalid_argument",
  "unsupported_reply",
] satisfies NativeError["code"][]);
