import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { DevicePace } from "./device-pace.js";

const poll = "grant_type=device_code&device_code=d";
const pending = { error: "authorization_pending" };

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Whether a poll may go out after so many seconds, and not a moment before. */
async function isDueAfter(pace: DevicePace, seconds: number): Promise<boolean> {
  let isDue = false;
  const waiting = pace.beforeRequest(poll).then(() => {
    isDue = true;
  });
  await vi.advanceTimersByTimeAsync(seconds * 1000 - 1);
  const wasEarly = isDue;
  await vi.advanceTimersByTimeAsync(1);
  await waiting;
  return !wasEarly && isDue;
}

describe("DevicePace", () => {
  it("asks at once, then as often as it was told to, and leaves no waiting to msal-node", async () => {
    const pace = new DevicePace(new AbortController().signal);
    await pace.beforeRequest("client_id=c&scope=s");
    expect(pace.afterAnswer({ device_code: "d", interval: 3 })).toEqual({ device_code: "d", interval: 0 });
    await pace.beforeRequest(poll);
    expect(pace.afterAnswer(pending)).toBe(pending);
    expect(await isDueAfter(pace, 3)).toBe(true);
  });

  it("waits five seconds where nobody says how long", async () => {
    const pace = new DevicePace(new AbortController().signal);
    pace.afterAnswer({ device_code: "d" });
    await pace.beforeRequest(poll);
    expect(await isDueAfter(pace, 5)).toBe(true);
  });

  it("asks less often when told so, and goes on", async () => {
    const pace = new DevicePace(new AbortController().signal);
    pace.afterAnswer({ device_code: "d", interval: 1 });
    await pace.beforeRequest(poll);
    expect(pace.afterAnswer({ error: "slow_down" })).toEqual(pending);
    expect(await isDueAfter(pace, 6)).toBe(true);
  });

  it("ends its waiting when nobody waits for the answer", async () => {
    const controller = new AbortController();
    const pace = new DevicePace(controller.signal);
    await pace.beforeRequest(poll);
    const waiting = pace.beforeRequest(poll);
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ name: "AbortError" });
    expect(vi.getTimerCount()).toBe(0);
    await expect(pace.beforeRequest(poll)).rejects.toMatchObject({ name: "AbortError" });
  });
});
