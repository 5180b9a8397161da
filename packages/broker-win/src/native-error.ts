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
  "failed",
  "unavailable",
  "canceled",
  "invalid_argument",
] satisfies NativeError["code"][]);
