import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { brokerIn, failure, request, tokenCalls } from "./testing/broker.js";
import type { WamAnswer } from "./testing/fake-wam.js";

describe("a request that fails for a moment", () => {
  const transient: WamAnswer = { status: 5, error: { code: 0xcaad0001, message: "busy" } };

  beforeEach(() => {
    vi.useFakeTimers({
      toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "performance"],
    });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** When the token requests were made, in seconds since the first. */
  async function attempts(timeoutInMs: number, succeedAt = Number.POSITIVE_INFINITY) {
    const times: number[] = [];
    const { broker } = brokerIn({
      first: ({ call }) => {
        if (!call.startsWith("GetToken")) return undefined;
        times.push(performance.now());
        return times.length >= succeedAt ? undefined : transient;
      },
    });
    let outcome = "pending";
    broker.acquireTokenSilently(request(), { timeoutInMs }).then(
      () => {
        outcome = "token";
      },
      (error: Error & { code?: string }) => {
        outcome = error.code ?? error.name;
      },
    );
    while (outcome === "pending") {
      await new Promise((resolve) => setImmediate(resolve));
      await vi.advanceTimersByTimeAsync(100);
    }
    const [first = 0] = times;
    return { outcome, times: times.map((time) => Math.round((time - first) / 1000)) };
  }

  it("is repeated after 1, 3, 7, 15 and 31 seconds", async () => {
    expect(await attempts(0)).toEqual({ outcome: "temporarily_unavailable", times: [0, 1, 3, 7, 15, 31] });
  });

  it("is not waited for longer than the caller does, who hears what went wrong", async () => {
    expect(await attempts(30_000)).toEqual({ outcome: "temporarily_unavailable", times: [0, 1, 3, 7, 15] });
    expect(await attempts(900)).toEqual({ outcome: "temporarily_unavailable", times: [0] });
  });

  it("goes on as soon as it works", async () => {
    expect(await attempts(30_000, 3)).toEqual({ outcome: "token", times: [0, 1, 3] });
  });

  it("is not repeated for an abort or after close()", async () => {
    const controller = new AbortController();
    const { broker, wam } = brokerIn({ silent: transient });
    const aborted = failure(broker.acquireTokenSilently(request(), { abortSignal: controller.signal }));
    const closed = failure(broker.acquireTokenSilently(request()));
    while (tokenCalls(wam).length < 2 || vi.getTimerCount() < 4)
      await new Promise((resolve) => setImmediate(resolve));
    controller.abort();
    expect((await aborted).name).toBe("AbortError");
    await broker.close();
    expect(await closed).toMatchObject({ code: "broker_unavailable", reason: "connection_closed" });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(tokenCalls(wam)).toHaveLength(2);
  });
});
