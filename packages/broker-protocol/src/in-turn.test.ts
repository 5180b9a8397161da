import { afterEach, describe, expect, it, vi } from "vitest";
import { Deadline } from "./deadline.js";
import { inTurn } from "./in-turn.js";

const patient = (options: ConstructorParameters<typeof Deadline>[2] = {}) =>
  new Deadline("acquireTokenInteractively", "wsl", options, 0);

/** Work that ends when told to. */
function task() {
  let begin: () => void = () => {};
  let end: () => void = () => {};
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  let started = false;
  return {
    begun,
    end: () => end(),
    get started() {
      return started;
    },
    work: async () => {
      started = true;
      begin();
      await ended;
    },
  };
}

/** Lets everything that is ready happen. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe("interactive calls take turns", () => {
  afterEach(() => {
    vi.resetModules();
  });

  it("one after the other, in the order they came", async () => {
    const tasks = [task(), task(), task()];
    const done = tasks.map(({ work }) => inTurn("test", patient(), work));
    for (const [index, one] of tasks.entries()) {
      await one.begun;
      await settle();
      expect(tasks.map(({ started }) => started)).toEqual(tasks.map((_, other) => other <= index));
      one.end();
      await done[index];
    }
  });

  it("also those of another copy of this package in the same thread", async () => {
    vi.resetModules();
    const copy = await import("./in-turn.js");
    expect(copy.inTurn).not.toBe(inTurn);
    const first = task();
    const second = task();
    const done = [inTurn("test", patient(), first.work), copy.inTurn("test", patient(), second.work)];
    await first.begun;
    await settle();
    expect(second.started).toBe(false);
    first.end();
    second.end();
    await Promise.all(done);
    expect(second.started).toBe(true);
  });

  it("a failure ends a turn", async () => {
    await expect(inTurn("test", patient(), () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    await inTurn("test", patient(), async () => {});
  });

  it("whoever gives up waiting leaves the queue, and the order stays", async () => {
    const first = task();
    const third = task();
    const stop = new AbortController();
    const holding = inTurn("test", patient(), first.work);
    const leaving = inTurn("test", patient({ abortSignal: stop.signal }), async () => {
      throw new Error("It must not have its turn.");
    });
    const waiting = inTurn("test", patient(), third.work);
    await first.begun;
    stop.abort();
    await expect(leaving).rejects.toMatchObject({ name: "AbortError" });
    await settle();
    expect(third.started).toBe(false);
    first.end();
    third.end();
    await Promise.all([holding, waiting]);
  });

  it("a turn lasts until what was kept in it is over", async () => {
    const cleaning = task();
    const next = task();
    const work = cleaning.work();
    await inTurn("test", patient(), async (keepTurnUntil) => keepTurnUntil(work));
    const waiting = inTurn("test", patient(), next.work);
    await settle();
    expect(next.started).toBe(false);
    cleaning.end();
    next.end();
    await waiting;
  });
});
