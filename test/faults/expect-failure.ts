import type { BrokerError } from "@x/broker-contract";
import { expect } from "vitest";

/** The `BrokerError` a call ends with; fails the test when the call succeeds or fails in another way. */
export async function failureOf(call: Promise<unknown>): Promise<BrokerError> {
  try {
    await call;
  } catch (error) {
    expect((error as Error).name, String(error)).toBe("BrokerError");
    return error as BrokerError;
  }
  throw new Error("The call succeeded; it should have failed.");
}
