import { describe, expect, it } from "vitest";
import { gate } from "../testing/fake-broker.js";
import { Flight, Flights, untilAborted } from "./flight.js";

const patience = { timeoutInMs: 0, doing: "Testing" };

describe("Flight", () => {
  it("gives its result to all, also to who joins after the end", async () => {
    const flight = new Flight(async () => 7);
    expect(await Promise.all([flight.join(patience), flight.join(patience)])).toEqual([7, 7]);
    expect(await flight.join(patience)).toBe(7);
  });

  it("leaves no listener on a caller's signal", async () => {
    const signal = new AbortController().signal;
    const listeners = new Set<unknown>();
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (type: string, listener: never) => {
      listeners.add(listener);
      add(type, listener);
    };
    signal.removeEventListener = (type: string, listener: never) => {
      listeners.delete(listener);
      remove(type, listener);
    };
    await new Flight(async () => 7).join({ ...patience, abortSignal: signal });
    await expect(
      new Flight(() => Promise.reject(new Error("no"))).join({ ...patience, abortSignal: signal }),
    ).rejects.toThrow("no");
    expect(listeners.size).toBe(0);
  });

  it("says what was done and how long it could take", async () => {
    const flight = new Flight(() => new Promise(() => {}));
    await expect(flight.join({ timeoutInMs: 5, doing: "Signing out" })).rejects.toMatchObject({
      code: "timed_out",
      message: expect.stringContaining("Signing out took longer than the 5 ms that were allowed."),
      correlationId: flight.correlationId,
      retryable: true,
    });
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
    flights.seal();
    expect(await flights.join("a", async () => 2, patience)).toBe(2);
    wait.open();
    expect(await first).toBe(1);
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
