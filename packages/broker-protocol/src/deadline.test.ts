import { getEventListeners } from "node:events";
import { describe, expect, it, vi } from "vitest";
import { Deadline } from "./deadline.js";
import { SharedWork } from "./shared-work.js";
import { failure, never } from "./testing/promises.js";

const deadline = (options = {}, limit = 0) => new Deadline("call", "linux", options, limit);

describe("a deadline", () => {
  it("gives native calls the time that is left, 0 for no limit", () => {
    expect(deadline().remainingInMs).toBe(0);
    expect(deadline({ timeoutInMs: 0 }, 5).remainingInMs).toBe(0);
    expect(deadline({ timeoutInMs: 60_000 }).remainingInMs).toBeGreaterThan(1);
    expect(deadline({ timeoutInMs: 60_000 }).remainingInMs).toBeLessThanOrEqual(60_000);
    expect(deadline({ timeoutInMs: 1e15 }).remainingInMs).toBe(2 ** 31 - 1);
  });

  it("never gives 0, which would mean no limit, when the time is over", async () => {
    const over = deadline({ timeoutInMs: 1 });
    await vi.waitFor(() => expect(() => over.throwIfOver()).toThrow("no answer from the broker within 1 ms"));
    expect(over.remainingInMs).toBe(1);
  });

  it("lends a part of the call no more time than there is", async () => {
    const controller = new AbortController();
    const whole = deadline({ timeoutInMs: 60_000, abortSignal: controller.signal, keepProcessAlive: false });
    expect(whole.within(5_000).remainingInMs).toBeLessThanOrEqual(5_000);
    expect(whole.within(90_000).remainingInMs).toBeLessThanOrEqual(60_000);
    expect(deadline().within(5_000).remainingInMs).toBeGreaterThan(1);
    expect(whole.within(5_000)).toMatchObject({
      correlationId: whole.correlationId,
      keepProcessAlive: false,
    });
    const racing = failure(whole.within(5_000).race(never, () => {}));
    controller.abort();
    expect((await racing).name).toBe("AbortError");
  });

  it("gives up once, however it ends", async () => {
    const controller = new AbortController();
    const giveUp = vi.fn();
    const racing = failure(deadline({ abortSignal: controller.signal, timeoutInMs: 20 }).race(never, giveUp));
    controller.abort();
    expect((await racing).name).toBe("AbortError");
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(giveUp).toHaveBeenCalledTimes(1);
  });

  it("notices a signal that has already fired", async () => {
    const giveUp = vi.fn();
    const over = deadline({ abortSignal: AbortSignal.abort() });
    expect(() => over.throwIfOver()).toThrow("aborted");
    expect((await failure(over.race(never, giveUp))).name).toBe("AbortError");
    expect(giveUp).toHaveBeenCalledTimes(1);
  });

  it.each([
    [{ timeoutInMs: 60_000 }, true],
    [{ timeoutInMs: 0 }, true],
    [{ timeoutInMs: 60_000, keepProcessAlive: false }, false],
    [{ timeoutInMs: 0, keepProcessAlive: false }, false],
  ])("with %j keeps the process alive while it waits: %s", async (options, expected) => {
    const spies = [vi.spyOn(globalThis, "setTimeout"), vi.spyOn(globalThis, "setInterval")];
    const holding = () =>
      spies.flatMap(({ mock }) => mock.results).map(({ value }) => (value as NodeJS.Timeout).hasRef());
    const controller = new AbortController();
    const patience = deadline({ ...options, abortSignal: controller.signal });
    const waiting = failure(patience.race(never, () => {}));
    expect(holding()).toEqual([expected]);
    const pausing = failure(patience.pause(60_000));
    // The pause itself is one more.
    expect(holding()).toEqual([expected, expected, expected]);
    for (const spy of spies) spy.mockRestore();
    controller.abort();
    await Promise.all([waiting, pausing]);
  });

  it("takes nothing but a boolean for keepProcessAlive", () => {
    expect(() => deadline({ keepProcessAlive: "no" })).toThrow(TypeError);
  });

  it("leaves a late failure of the work unheard, not unhandled", async () => {
    const unhandled = vi.fn();
    process.on("unhandledRejection", unhandled);
    try {
      const late = new Promise<never>((_resolve, reject) => setTimeout(() => reject(new Error("late")), 20));
      await failure(deadline({ timeoutInMs: 1 }).race(late, () => {}));
      await new Promise((resolve) => setTimeout(resolve, 40));
      expect(unhandled).not.toHaveBeenCalled();
    } finally {
      process.off("unhandledRejection", unhandled);
    }
  });

  it("takes signals that only look like AbortSignal (@azure/abort-controller)", async () => {
    const listeners: (() => void)[] = [];
    const abortSignal = {
      aborted: false,
      addEventListener: (_type: string, listener: () => void) => listeners.push(listener),
      removeEventListener: () => {},
    };
    const racing = failure(deadline({ abortSignal }).race(never, () => {}));
    for (const listener of listeners) listener();
    expect((await racing).name).toBe("AbortError");
  });
});

it("many deadlines put a single listener on one signal", async () => {
  const controller = new AbortController();
  const waiting = Array.from({ length: 1000 }, () =>
    failure(deadline({ abortSignal: controller.signal }).race(never, () => {})),
  );
  expect(getEventListeners(controller.signal, "abort")).toHaveLength(1);
  controller.abort();
  for (const error of await Promise.all(waiting)) expect(error.name).toBe("AbortError");
  expect(getEventListeners(controller.signal, "abort")).toEqual([]);
});

describe("work shared by several callers", () => {
  it("is done once, and anew for a caller who comes later", async () => {
    let runs = 0;
    const work = new SharedWork(async () => ++runs);
    expect(await Promise.all([work.join(deadline()), work.join(deadline())])).toEqual([1, 1]);
    expect(await work.join(deadline())).toBe(2);
  });

  it("is stopped when the last one has given up, not before", async () => {
    let signal: AbortSignal | undefined;
    const work = new SharedWork((given) => {
      signal = given;
      return never;
    });
    const [first, second] = [new AbortController(), new AbortController()];
    const outcomes = [first, second].map(({ signal: abortSignal }) =>
      failure(work.join(deadline({ abortSignal }))),
    );
    first.abort();
    await outcomes[0];
    expect(signal?.aborted).toBe(false);
    second.abort();
    await outcomes[1];
    expect(signal?.aborted).toBe(true);
  });

  it("fails for all of them alike", async () => {
    const work = new SharedWork<never>(() => Promise.reject(new Error("no")));
    const errors = await Promise.all([failure(work.join(deadline())), failure(work.join(deadline()))]);
    expect(errors.map((error) => error.message)).toEqual(["no", "no"]);
  });
});
