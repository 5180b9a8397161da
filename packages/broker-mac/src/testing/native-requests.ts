import { setTimeout as delay } from "node:timers/promises";
import type { NativeBinding, NativeError, NativeRequest } from "../native.js";

export const identityProviderUrl = "https://login.microsoftonline.com/common";

/** A request with nothing special about it, except what is given. */
export function requestOf(parts: Partial<NativeRequest> = {}): NativeRequest {
  return {
    identityProviderUrl,
    operation: "refresh",
    options: [["msg_protocol_ver", "4"]],
    userInterfaceEnabled: false,
    ...parts,
  };
}

/** What a promise was rejected with. */
export async function failureOf(promise: Promise<unknown>): Promise<NativeError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error && "code" in error) return error as NativeError;
    throw error;
  }
  throw new Error("It did not fail");
}

/** Waits until a condition holds; the test's own time limit ends it otherwise. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await delay(5);
}

/** Serves the main run loop until work is done, as the broker does while a request is pending. */
export async function whileServing<T>(binding: NativeBinding, work: Promise<T>): Promise<T> {
  const timer = setInterval(() => binding.serveMainRunLoop(), 1);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}
