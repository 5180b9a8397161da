import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { gate } from "../testing/fake-broker.js";
import { Flight, Flights, untilAborted } from "./flight.js";

const patience = { timeoutInMs: 0, timeoutOption: "timeoutInMs", doing: "Testing" } as const;

describe("Flight", () => {
  it("gives its result to all, also to who joins after the end", async () => {
    const flight = new Flight(async () => 7);
    expect(await Promise.all([flight.join(patience), flight.join(patience)])).toEqual([7, 7]);
    expect(await flight.join(patience)).toBe(7);
  });

  it("leaves no listener on a caller's signal", async () => {
    const { signal } = new AbortController();
    await new Flight(async () => 7).join({ ...patience, abortSignal: signal });
    await expect(
      new Flight(() => Promise.reject(new Error("no"))).join({ ...patience, abortSignal: signal }),
    ).rejects.toThrow("no");
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it.each(["timeoutInMs", "requestOptions.timeout"] as const)(
    "says what was done, how long it could take, and that %s set the limit",
    async (timeoutOption) => {
      const flight = new Flight(() => new Promise(() => {}));
      await expect(
        flight.join({ timeoutInMs: 5, timeoutOption, doing: "Signing out" }),
      ).rejects.toMatchObject({
        code: "timed_out",
        message: expect.stringContaining("Signing out took longer than the 5 ms that were allowed."),
        hint: expect.stringContaining(`Allow more time with the option ${timeoutOption},`),
        correlationId: flight.correlationId,
        retryable: true,
      });
    },
  );

  it("puts one listener on a signal that many calls bring", async () => {
    const { signal } = new AbortController();
    const wait = gate();
    const calls = Array.from({ length: 100 }, () =>
      new Flight(() => wait.passed).join({ ...patience, abortSignal: signal }),
    );
    expect(getEventListeners(signal, "abort")).toHaveLength(1);
    wait.open();
    await Promise.all(calls);
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });
});

describe("Flights", () => {
  it("start anew once everybody left, and once one has ended", async () => {
    const flights = new Flights<number>();
    const wait = gate();
    let started = 0;
    const start = async () => {
      started += 1;
      await wait.passed;
      return started;
    };
    const controller = new AbortController();
    const left = flights.join("a", start, { ...patience, abortSignal: controller.signal });
    controller.abort();
    await expect(left).rejects.toMatchObject({ name: "AbortError" });
    const [second, third] = [flights.join("a", start, patience), flights.join("a", start, patience)];
    expect(started).toBe(2);
    wait.open();
    await Promise.all([second, third]);
    await flights.join("a", start, patience);
    expect(started).toBe(3);
  });

  it("take nobody aboard after being sealed", async () => {
    const flights = new Flights<number>();
    const wait = gate();
    const first = flights.join("a", () => wait.passed.then(() => 1), patience);
    const other = flights.join("b", () => wait.passed.then(() => 3), patience);
    flights.seal((key) => key === "a");
    expect([flights.has("a"), flights.has("b")]).toEqual([false, true]);
    expect(await flights.join("a", async () => 2, patience)).toBe(2);
    wait.open();
    expect(await Promise.all([first, other])).toEqual([1, 3]);
  });

  it("are ended by their key", async () => {
    const flights = new Flights<string>();
    const signals = new Map<string, AbortSignal>();
    const waiting = ["a", "b"].map((key) =>
      flights.join(
        key,
        (signal) => {
          signals.set(key, signal);
          return untilAborted(new Promise<string>(() => {}), signal);
        },
        patience,
      ),
    );
    flights.abort((key) => key === "a");
    await expect(waiting[0]).rejects.toMatchObject({ name: "AbortError" });
    expect([...signals].map(([key, { aborted }]) => [key, aborted])).toEqual([
      ["a", true],
      ["b", false],
    ]);
    expect([flights.has("a"), flights.has("b")]).toEqual([false, true]);
  });
});

describe("untilAborted()", () => {
  it("ends with the signal, and swallows what comes later", async () => {
    const controller = new AbortController();
    const wait = gate();
    const late = untilAborted(
      wait.passed.then(() => Promise.reject(new Error("late"))),
      controller.signal,
    );
    controller.abort();
    await expect(late).rejects.toMatchObject({ name: "AbortError" });
    wait.open();
    await expect(untilAborted(Promise.reject(new Error("late")), controller.signal)).rejects.toMatchObject({
      name: "AbortError",
    });
  });
});
