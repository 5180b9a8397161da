import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { onAbort } from "./index.js";

describe("onAbort()", () => {
  it("calls everybody back once, behind a single listener", () => {
    const controller = new AbortController();
    const called: string[] = [];
    for (const name of ["a", "b", "c"]) onAbort(controller.signal, () => called.push(name));
    expect(getEventListeners(controller.signal, "abort")).toHaveLength(1);
    controller.abort();
    expect(called).toEqual(["a", "b", "c"]);
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
  });

  it("forgets who has left, and the signal with the last", () => {
    const controller = new AbortController();
    const called: string[] = [];
    const same = () => called.push("same");
    const leave = [onAbort(controller.signal, same), onAbort(controller.signal, same)];
    leave[0]?.();
    leave[0]?.();
    expect(getEventListeners(controller.signal, "abort")).toHaveLength(1);
    leave[1]?.();
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
    const stay = onAbort(controller.signal, () => called.push("again"));
    leave[1]?.();
    controller.abort();
    stay();
    expect(called).toEqual(["again"]);
  });

  it("does not call who was made to leave by another's callback", () => {
    const controller = new AbortController();
    const called: string[] = [];
    let leave = (): void => {};
    onAbort(controller.signal, () => leave());
    leave = onAbort(controller.signal, () => called.push("left"));
    controller.abort();
    expect(called).toEqual([]);
  });
});
