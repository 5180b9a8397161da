import { setTimeout as delay } from "node:timers/promises";
import type { NativeBinding, NativeCall, NativeConnection, NativeError, NativeEvent } from "../native.js";

/** A connection together with all it has reported. */
export interface ListeningConnection {
  readonly connection: NativeConnection;
  readonly events: NativeEvent[];
}

export async function connectTo(binding: NativeBinding, address: string): Promise<ListeningConnection> {
  const events: NativeEvent[] = [];
  const onEvent = (event: NativeEvent) => {
    events.push(event);
  };
  return { connection: await binding.connect({ address, timeoutInMs: 10_000, onEvent }).connection, events };
}

/** A call with nothing special about it, except what is given. */
export function callOf(parts: Partial<NativeCall> & Pick<NativeCall, "member">): NativeCall {
  return {
    destination: "test.Peer",
    path: "/test/peer",
    interface: "test.Peer",
    signature: "",
    args: [],
    timeoutInMs: 0,
    autoStart: false,
    ...parts,
  };
}

/** A call to the bus itself. */
export function busCall(
  member: string,
  parts: Partial<Pick<NativeCall, "signature" | "args" | "timeoutInMs" | "queue">> = {},
): NativeCall {
  return callOf({
    destination: "org.freedesktop.DBus",
    path: "/org/freedesktop/DBus",
    interface: "org.freedesktop.DBus",
    member,
    ...parts,
  });
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
