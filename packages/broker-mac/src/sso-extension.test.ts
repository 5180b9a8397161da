import { setTimeout as delay, setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import {
  brokerOn,
  failure,
  rejection,
  request,
  requestForAccount,
  usualExtension,
} from "./testing/protocol/broker.js";
import { FakeExtension, never } from "./testing/protocol/fake-extension.js";
import { account, clientId, tokenAnswer } from "./testing/protocol/people.js";

describe("time", () => {
  it.each<[string, (extension: FakeExtension, options: object) => Promise<unknown>]>([
    ["getAccounts", (extension, options) => brokerOn(extension).getAccounts({ clientId }, options)],
    [
      "acquireTokenSilently",
      (extension, options) => brokerOn(extension).acquireTokenSilently(requestForAccount, options),
    ],
    [
      "acquireTokenInteractively",
      (extension, options) => brokerOn(extension).acquireTokenInteractively(request, options),
    ],
    [
      "signOut",
      (extension, options) => brokerOn(extension).signOut({ clientId, account: account() }, options),
    ],
  ])("%s can be aborted and is bounded; the extension is told", async (_name, call) => {
    const extension = new FakeExtension();
    const stop = new AbortController();
    const aborted = failure(call(extension, { abortSignal: stop.signal }));
    await vi.waitFor(() => expect(extension.requests).toHaveLength(1));
    stop.abort(new Error("enough"));
    expect(await aborted).toMatchObject({ name: "AbortError", cause: new Error("enough") });
    expect(extension.canceled).toHaveLength(1);
    expect(await failure(call(extension, { timeoutInMs: 20 }))).toMatchObject({ code: "timed_out" });
    expect(extension.canceled).toHaveLength(2);
    await nextTurn();
    expect(extension.stats()).toEqual({ requestsInFlight: 0 });
  });

  it("a silent call takes a minute at most, unless told otherwise", async () => {
    vi.useFakeTimers();
    try {
      const call = rejection(brokerOn(new FakeExtension()).acquireTokenSilently(requestForAccount));
      await vi.advanceTimersByTimeAsync(59_999);
      await vi.advanceTimersByTimeAsync(2);
      expect((await call).message).toContain("within 60000 ms");
    } finally {
      vi.useRealTimers();
    }
  });

  it("background work does not hold the process", async () => {
    const extension = usualExtension();
    await brokerOn(extension).acquireTokenSilently(requestForAccount, { keepProcessAlive: false });
    expect(extension.requests[0]?.native.keepAlive).toBe(false);
  });

  it("close ends calls under way; later calls work", async () => {
    const extension = new FakeExtension().on("login", () => tokenAnswer());
    const broker = brokerOn(extension);
    const call = rejection(broker.acquireTokenSilently(requestForAccount));
    await vi.waitFor(() => expect(extension.requests).toHaveLength(1));
    await broker.close();
    expect(await call).toMatchObject({ code: "broker_unavailable", reason: "connection_closed" });
    expect(extension.canceled).toHaveLength(1);
    expect((await broker.acquireTokenInteractively(request)).tokenType).toBe("Bearer");
  });
});

describe("close", () => {
  it("ends those that wait for their turn, too: no window opens after it", async () => {
    const extension = new FakeExtension();
    const broker = brokerOn(extension);
    const calls = [1, 2, 3].map(() => rejection(broker.acquireTokenInteractively(request)));
    await vi.waitFor(() => expect(extension.requests).toHaveLength(1));
    await broker.close();
    for (const error of await Promise.all(calls)) expect(error.reason).toBe("connection_closed");
    extension.on("login", () => tokenAnswer());
    await broker.acquireTokenInteractively(request);
    expect(extension.requestsOf("login")).toHaveLength(2);
  });

  it("ends those at once that wait for somebody else's window", async () => {
    const extension = new FakeExtension();
    const other = brokerOn(extension);
    const long = failure(other.acquireTokenInteractively(request));
    await vi.waitFor(() => expect(extension.requests).toHaveLength(1));
    const broker = brokerOn(extension);
    const waiting = rejection(broker.acquireTokenInteractively(request));
    await nextTurn();
    await broker.close();
    expect((await waiting).reason).toBe("connection_closed");
    await other.close();
    await long;
    expect(extension.requests).toHaveLength(1);
  });

  it("sends nothing any more for those that just asked whether there is an extension", async () => {
    const extension = usualExtension();
    let answer: (available: boolean) => void = () => {};
    extension.available = new Promise((resolve) => {
      answer = resolve;
    });
    const broker = brokerOn(extension);
    const call = rejection(broker.acquireTokenSilently(requestForAccount));
    await vi.waitFor(() => expect(extension.asked).toBe(1));
    await broker.close();
    expect((await call).reason).toBe("connection_closed");
    answer(true);
    await nextTurn();
    expect(extension.requests).toEqual([]);
  });
});

describe("the question whether there is an extension", () => {
  const noAnswer = () => {
    const extension = usualExtension();
    extension.available = never;
    return extension;
  };

  it("is bounded and can be aborted", async () => {
    const extension = noAnswer();
    const broker = brokerOn(extension);
    const bounded = broker.acquireTokenSilently(requestForAccount, { timeoutInMs: 20 });
    expect((await rejection(bounded)).code).toBe("timed_out");
    const stop = new AbortController();
    const aborted = failure(broker.acquireTokenInteractively(request, { abortSignal: stop.signal }));
    await nextTurn();
    stop.abort();
    expect((await aborted).name).toBe("AbortError");
    expect(extension.requests).toEqual([]);
  });

  it("is asked once for all who wait for it, and anew for who comes later", async () => {
    const extension = usualExtension();
    let answer: (available: boolean) => void = () => {};
    extension.available = new Promise((resolve) => {
      answer = resolve;
    });
    const broker = brokerOn(extension);
    const calls = [1, 2, 3].map(() => broker.acquireTokenSilently(requestForAccount));
    await nextTurn();
    answer(true);
    await Promise.all(calls);
    expect(extension.asked).toBe(1);
    await broker.acquireTokenSilently(requestForAccount);
    expect(extension.asked).toBe(2);
  });
});

describe("the main run loop", () => {
  it("is served while a request is pending, and not a moment longer", async () => {
    const extension = usualExtension();
    let serve: () => void = () => {};
    extension.onServed = () => serve();
    // An answer that only comes when the loop is served for the third time.
    extension.on(
      "refresh",
      () =>
        new Promise((resolve) => {
          serve = () => {
            if (extension.served === 3) resolve(tokenAnswer());
          };
        }),
    );
    const broker = brokerOn(extension);
    expect((await broker.acquireTokenSilently(requestForAccount)).tokenType).toBe("Bearer");
    expect(extension.served).toBeGreaterThanOrEqual(3);
    const served = extension.served;
    await delay(50);
    expect(extension.served).toBe(served);
  });

  it("is served until the last of several requests has ended", async () => {
    const extension = usualExtension().on("get_accounts_operation", never);
    const broker = brokerOn(extension);
    const stop = new AbortController();
    const long = failure(broker.getAccounts({ clientId }, { abortSignal: stop.signal }));
    await broker.acquireTokenSilently(requestForAccount);
    const served = extension.served;
    await vi.waitFor(() => expect(extension.served).toBeGreaterThan(served + 2));
    stop.abort();
    await long;
    const after = extension.served;
    await delay(50);
    expect(extension.served).toBe(after);
  });

  it("is served a while longer after a window, which it takes to close", async () => {
    vi.useFakeTimers();
    try {
      const extension = usualExtension().on("login", never);
      const stop = new AbortController();
      const call = failure(
        brokerOn(extension).acquireTokenInteractively(request, { abortSignal: stop.signal }),
      );
      await vi.advanceTimersByTimeAsync(100);
      stop.abort();
      await call;
      const served = extension.served;
      await vi.advanceTimersByTimeAsync(500);
      expect(extension.served).toBeGreaterThan(served);
      await vi.advanceTimersByTimeAsync(1_000);
      const after = extension.served;
      await vi.advanceTimersByTimeAsync(1_000);
      expect(extension.served).toBe(after);
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it("is left to the app from when the app runs", async () => {
    const extension = usualExtension();
    extension.on("refresh", async () => {
      await vi.waitFor(() => expect(extension.served).toBeGreaterThan(0));
      extension.applicationRunning = true;
      const served = extension.served;
      await delay(50);
      expect(extension.served).toBe(served);
      return tokenAnswer();
    });
    expect((await brokerOn(extension).acquireTokenSilently(requestForAccount)).tokenType).toBe("Bearer");
  });

  it("is left alone where the app serves it itself, as Electron's does", async () => {
    const extension = usualExtension();
    extension.applicationRunning = true;
    extension.on("refresh", async () => {
      await delay(50);
      return tokenAnswer();
    });
    await brokerOn(extension).acquireTokenSilently(requestForAccount);
    expect(extension.served).toBe(0);
  });

  it("does not stop the event loop", async () => {
    const extension = usualExtension();
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    extension.on("refresh", async () => {
      while (ticks < 5) await nextTurn();
      return tokenAnswer();
    });
    await brokerOn(extension).acquireTokenSilently(requestForAccount);
    clearInterval(timer);
    expect(ticks).toBeGreaterThanOrEqual(5);
  });
});
