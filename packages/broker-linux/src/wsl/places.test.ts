import { Deadline } from "@x/broker-protocol";
import { describe, expect, it } from "vitest";
import { Places } from "./places.js";

const patient = (options: ConstructorParameters<typeof Deadline>[2] = {}) =>
  new Deadline("getAccounts", "wsl", options, 0);

describe("places", () => {
  it("are taken side by side up to their number, then in order", async () => {
    const places = new Places(2);
    const started: number[] = [];
    const ends: (() => void)[] = [];
    const work = [0, 1, 2, 3].map((index) =>
      places.at(patient(), async () => {
        started.push(index);
        await new Promise<void>((resolve) => {
          ends[index] = resolve;
        });
        return index;
      }),
    );
    await expect.poll(() => started).toEqual([0, 1]);
    ends[1]?.();
    await expect.poll(() => started).toEqual([0, 1, 2]);
    ends[2]?.();
    ends[0]?.();
    await expect.poll(() => started).toEqual([0, 1, 2, 3]);
    ends[3]?.();
    expect(await Promise.all(work)).toEqual([0, 1, 2, 3]);
  });

  it("come back when work fails, and when somebody gives up waiting", async () => {
    const places = new Places(1);
    await expect(places.at(patient(), () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    let end: () => void = () => {};
    const holding = places.at(
      patient(),
      () =>
        new Promise<void>((resolve) => {
          end = resolve;
        }),
    );
    const stop = new AbortController();
    const leaving = places.at(patient({ abortSignal: stop.signal }), async () => "never");
    await new Promise((resolve) => setImmediate(resolve));
    stop.abort();
    await expect(leaving).rejects.toMatchObject({ name: "AbortError" });
    end();
    await holding;
    expect(await places.at(patient(), async () => "next")).toBe("next");
  });

  it("are not lost when somebody gives up the moment they are called", async () => {
    const places = new Places(1);
    const stop = new AbortController();
    let end: () => void = () => {};
    const holding = places.at(
      patient(),
      () =>
        new Promise<void>((resolve) => {
          end = resolve;
        }),
    );
    const called = places.at(patient({ abortSignal: stop.signal }), async () => "called");
    const settled = Promise.allSettled([called]);
    await new Promise((resolve) => setImmediate(resolve));
    end();
    stop.abort();
    await holding;
    await settled;
    expect(await places.at(patient(), async () => "next")).toBe("next");
  });
});
