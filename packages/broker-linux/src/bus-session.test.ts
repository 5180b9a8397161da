import { describe, expect, it, vi } from "vitest";
import { brokerOn, failure, rejection, request } from "./testing/protocol/broker.js";
import { busError, FakeBus, nativeError, never } from "./testing/protocol/fake-bus.js";
import { clientId, nativeAccount, willingAnswer } from "./testing/protocol/people.js";

function busWithAccounts(running: "running" | "idle" = "running"): FakeBus {
  return new FakeBus(running).onJson("getAccounts", { accounts: [nativeAccount()] });
}

const list = (bus: FakeBus) => brokerOn(bus).getAccounts({ clientId });

describe("finding the broker", () => {
  it("loads and connects nothing before the first call (loading Microsoft's client can block 5 s)", async () => {
    const bus = busWithAccounts();
    const load = vi.fn(() => bus);
    const broker = brokerOn(bus, { loadBinding: load });
    expect(load).not.toHaveBeenCalled();
    await broker.getAccounts({ clientId });
    expect(load).toHaveBeenCalledTimes(1);
  });

  it("sends to the owner's unique name, never to the well-known one, without auto-start", async () => {
    const bus = busWithAccounts();
    await list(bus);
    const [call] = bus.calls.filter((one) => one.member === "getAccounts");
    expect(call).toMatchObject({ destination: bus.owner, autoStart: false });
    expect(bus.calls.filter((one) => one.destination.startsWith("com.microsoft"))).toEqual([]);
  });

  it("never introspects", async () => {
    const bus = busWithAccounts();
    await list(bus);
    expect(bus.calls.map((call) => call.interface).join()).not.toContain("Introspectable");
  });

  it("starts a broker that does not run, and does not ask whether one runs", async () => {
    const bus = busWithAccounts("idle");
    await expect(list(bus)).resolves.toHaveLength(1);
    const members = bus.calls.map((call) => call.member);
    expect(members).toContain("StartServiceByName");
    expect(members).not.toContain("NameHasOwner");
  });

  it.each([
    [busError("AccessDenied"), "broker_unavailable", "access_denied"],
    [nativeError("timed_out"), "broker_unavailable", "bus_lost"],
    [busError("LimitsExceeded"), "temporarily_unavailable", undefined],
  ])("starts none where the bus does not say whether one runs (%s)", async (lookupError, code, reason) => {
    const bus = busWithAccounts();
    bus.lookupError = lookupError;
    expect(await rejection(list(bus))).toMatchObject({ code, reason });
    expect(bus.calls.map((call) => call.member)).toEqual(["GetNameOwner"]);
  });

  it.each(["connectGate", "watchGate"] as const)(
    "gives connecting up when everybody has given up (%s), and connects anew for the next",
    async (gate) => {
      const bus = busWithAccounts();
      bus[gate] = never;
      const broker = brokerOn(bus);
      const controller = new AbortController();
      const outcomes = [{ timeoutInMs: 10 }, { timeoutInMs: 20 }, { abortSignal: controller.signal }].map(
        (options) => failure(broker.getAccounts({ clientId }, options)),
      );
      await Promise.all(outcomes.slice(0, 2));
      expect(bus.stats().connections).toBe(1);
      controller.abort();
      await Promise.all(outcomes);
      await vi.waitFor(() => expect(bus.stats().connections).toBe(0));
      expect(bus.calls).toEqual([]);
      bus[gate] = undefined;
      await expect(broker.getAccounts({ clientId })).resolves.toHaveLength(1);
      expect(bus.addresses).toHaveLength(2);
    },
  );

  it.each(["connectGate", "watchGate"] as const)(
    "gives connecting up when it is closed (%s), and connects anew for the next",
    async (gate) => {
      const bus = busWithAccounts();
      bus[gate] = never;
      const broker = brokerOn(bus);
      const outcome = rejection(broker.getAccounts({ clientId }));
      await vi.waitFor(() => expect(bus.stats().connections).toBe(1));
      await broker.close();
      bus[gate] = undefined;
      await expect(broker.getAccounts({ clientId })).resolves.toHaveLength(1);
      expect(await outcome).toMatchObject({ code: "broker_unavailable", reason: "connection_closed" });
      expect(bus.addresses).toHaveLength(2);
    },
  );

  it("uses one connection and one search for many calls", async () => {
    const bus = busWithAccounts("idle");
    const broker = brokerOn(bus);
    await Promise.all(Array.from({ length: 50 }, () => broker.getAccounts({ clientId })));
    await broker.getAccounts({ clientId });
    expect(bus.addresses).toHaveLength(1);
    expect(bus.calls.filter((call) => call.member === "StartServiceByName")).toHaveLength(1);
    expect(bus.requests).toHaveLength(51);
  });

  it("gives a broker that was just started a moment to serve its object", async () => {
    const bus = busWithAccounts("idle");
    bus.startupErrors = [busError("UnknownObject"), busError("UnknownInterface")];
    await expect(list(bus)).resolves.toHaveLength(1);
  });

  it("asks such a broker whether it is ready before it sends what shows a window, and sends that once", async () => {
    const bus = busWithAccounts("idle").onJson("getLinuxBrokerVersion", { linuxBrokerVersion: "3.0.2" });
    bus.startupErrors = [busError("UnknownObject"), busError("UnknownMethod", "Object does not exist")];
    bus.on("acquireTokenInteractively", busError("UnknownObject"));
    expect(await rejection(brokerOn(bus).acquireTokenInteractively(request))).toMatchObject({
      code: "temporarily_unavailable",
    });
    expect(bus.calls.filter((call) => call.member === "acquireTokenInteractively")).toHaveLength(1);
    expect(bus.calls.filter((call) => call.member === "getLinuxBrokerVersion")).toHaveLength(3);
  });

  it("does not wait for one that has been running", async () => {
    const bus = busWithAccounts();
    bus.startupErrors = [busError("UnknownObject")];
    expect(await rejection(list(bus))).toMatchObject({
      code: "temporarily_unavailable",
      reason: "not_ready",
    });
  });

  it("stops a search that nobody waits for any more", async () => {
    const bus = busWithAccounts("idle");
    bus.activationGate = never;
    const broker = brokerOn(bus);
    const outcomes = [30, 60].map((timeoutInMs) =>
      rejection(broker.getAccounts({ clientId }, { timeoutInMs })),
    );
    for (const error of await Promise.all(outcomes)) expect(error.code).toBe("timed_out");
    await vi.waitFor(() => expect(bus.stats().callsInFlight).toBe(0));
    expect(bus.canceled.map((call) => call.member)).toEqual(["StartServiceByName"]);
  });
});

describe("keeping the process alive", () => {
  const holding = (bus: FakeBus) => bus.calls.filter(({ keepAlive }) => keepAlive !== false);

  it("is left to those who wait, where several share the work", async () => {
    const bus = busWithAccounts("idle");
    await list(bus);
    expect(bus.connects.map(({ keepAlive }) => keepAlive)).toEqual([false]);
    expect(bus.watches).toEqual([{ keepAlive: false }]);
    expect(holding(bus).map(({ member }) => member)).toEqual(["getAccounts"]);
  });

  it("is not done by a call in the background", async () => {
    const bus = new FakeBus().onJson("getAccounts", { accounts: [] });
    await brokerOn(bus).getAccounts({ clientId }, { keepProcessAlive: false });
    // An empty list makes it ask for the keyring, too.
    expect(bus.calls.map(({ member }) => member)).toContain("ReadAlias");
    expect(holding(bus)).toEqual([]);
  });
});

describe("a broker that is not there", () => {
  it.each([
    ["not installed", "never" as const, false, "not_installed", "microsoft-identity-broker"],
    ["installed, but unknown to this bus", "never" as const, true, "not_activatable", "Log out"],
    ["ending at once", busError("Spawn.ChildExited", "status 1"), true, "activation_failed", "journalctl"],
    ["not executable", busError("Spawn.ExecFailed", "ENOENT"), true, "activation_failed", "journalctl"],
    [
      "refused by systemd",
      busError("org.freedesktop.systemd1.NoSuchUnit"),
      true,
      "activation_failed",
      "journalctl",
    ],
    [
      "never owning its name",
      busError("TimedOut", "Failed to activate"),
      true,
      "activation_failed",
      "journalctl",
    ],
    ["failing otherwise", busError("Failed", "whatever"), true, "activation_failed", "broker doctor"],
    ["forbidden", busError("AccessDenied"), true, "access_denied", "sandbox"],
  ])("%s", async (_how, activation, installed, reason, advice) => {
    const bus = busWithAccounts("idle");
    bus.activation = activation;
    const error = await rejection(brokerOn(bus, { fileExists: () => installed }).getAccounts({ clientId }));
    expect(error).toMatchObject({ code: "broker_unavailable", reason });
    expect(error.hint).toContain(advice);
  });

  it("is keyring_locked if it cannot start because of that", async () => {
    const bus = busWithAccounts("idle");
    bus.activation = busError("Spawn.ChildExited");
    bus.keyring = "locked";
    expect((await rejection(list(bus))).code).toBe("keyring_locked");
  });
});

describe("an owner that is another user", () => {
  it.each([12345, 12345n])("is refused before anything is sent (uid %s)", async (uid) => {
    const bus = busWithAccounts();
    bus.uid = uid;
    const error = await rejection(list(bus));
    expect(error).toMatchObject({
      code: "broker_unavailable",
      reason: "owner_untrusted",
      native: { ownerUid: 12345 },
    });
    expect(bus.requests).toEqual([]);
  });

  it("is refused again when it takes over later", async () => {
    const bus = busWithAccounts();
    const broker = brokerOn(bus);
    await broker.getAccounts({ clientId });
    bus.uid = 12345;
    bus.startBroker();
    expect((await rejection(broker.getAccounts({ clientId }))).reason).toBe("owner_untrusted");
    expect(bus.requests).toHaveLength(1);
  });

  it.each(["", ":1.666", "com.microsoft.identity.broker1"])(
    "is not believed to be the broker when it answers in its place (sender %j)",
    async (sender) => {
      const bus = busWithAccounts().on("getAccounts", { sender, body: ['{"accounts":[]}'] });
      expect(await rejection(list(bus))).toMatchObject({ code: "protocol_error" });
      expect(bus.requests).toHaveLength(1);
    },
  );

  it("may hide its process id: that is only a fact", async () => {
    const bus = busWithAccounts();
    bus.pid = undefined;
    await expect(list(bus)).resolves.toHaveLength(1);
  });
});

describe("a broker that goes away", () => {
  it("between two calls is started again", async () => {
    const bus = busWithAccounts();
    const broker = brokerOn(bus);
    await broker.getAccounts({ clientId });
    bus.killBroker();
    await expect(broker.getAccounts({ clientId })).resolves.toHaveLength(1);
  });

  it("for good is not taken for one that was never installed", async () => {
    const bus = busWithAccounts();
    const broker = brokerOn(bus, { fileExists: () => false });
    await broker.getAccounts({ clientId });
    bus.activation = "never";
    bus.killBroker();
    expect(await rejection(broker.getAccounts({ clientId }))).toMatchObject({
      code: "broker_unavailable",
      reason: "not_activatable",
    });
  });

  it("unnoticed, before the call reached it: the call is sent once more, to the new one", async () => {
    const bus = busWithAccounts();
    const broker = brokerOn(bus);
    await broker.getAccounts({ clientId });
    bus.killBroker(false);
    await expect(broker.getAccounts({ clientId })).resolves.toHaveLength(1);
    expect(bus.calls.filter((call) => call.member === "getAccounts")).toHaveLength(3);
    expect(bus.requests).toHaveLength(2);
  });

  it("in the middle of a call: the call is not sent twice", async () => {
    const bus = busWithAccounts().on("acquireTokenInteractively", never);
    const outcome = rejection(brokerOn(bus).acquireTokenInteractively(request));
    await vi.waitFor(() => expect(bus.requests).toHaveLength(1));
    bus.killBroker();
    expect(await outcome).toMatchObject({
      code: "broker_unavailable",
      reason: "broker_died",
      retryable: true,
    });
    expect(bus.requests).toHaveLength(1);
  });

  it("after it passed on that somebody is missing: a window is not shown twice", async () => {
    const bus = busWithAccounts().on("acquireTokenInteractively", () => {
      bus.startBroker();
      throw busError("ServiceUnknown", "The name org.example.DeviceBroker was not provided");
    });
    expect(await rejection(brokerOn(bus).acquireTokenInteractively(request))).toMatchObject({
      code: "broker_unavailable",
      reason: "broker_died",
    });
    expect(bus.calls.filter((call) => call.member === "acquireTokenInteractively")).toHaveLength(1);
  });

  it("again and again ends in an error, not in a loop", async () => {
    const bus = busWithAccounts();
    bus.elusive = true;
    const error = await rejection(list(bus));
    expect(error).toMatchObject({ code: "broker_unavailable", reason: "broker_died", retryable: true });
    expect(bus.calls.filter((call) => call.member === "getAccounts")).toHaveLength(2);
    expect(bus.requests).toEqual([]);
  });

  it("is told apart from one that is there but misses a service of its own", async () => {
    const bus = busWithAccounts().on("getAccounts", busError("ServiceUnknown", "devicebroker1"));
    expect(await rejection(list(bus))).toMatchObject({ reason: "required_broker_missing" });
    expect(bus.requests).toHaveLength(1);
  });

  it("in name only: the new owner is asked, not the old one, which still answers", async () => {
    const bus = busWithAccounts();
    const broker = brokerOn(bus);
    await broker.getAccounts({ clientId });
    const old = bus.owner;
    bus.startBroker(true, "stays");
    await broker.getAccounts({ clientId });
    expect(bus.owner).not.toBe(old);
    expect(bus.requests.map((one) => one.call.destination)).toEqual([old, bus.owner]);
  });

  it("while it is looked up: the one that has the name in the end is asked", async () => {
    const bus = busWithAccounts();
    bus.onUserLookup = () => {
      bus.onUserLookup = () => {};
      bus.startBroker(true, "stays");
    };
    await list(bus);
    expect(bus.requests.map((one) => one.call.destination)).toEqual([bus.owner]);
  });

  it("whenever it is looked up ends in an error, not in a loop", async () => {
    const bus = busWithAccounts();
    bus.onUserLookup = () => bus.startBroker(true, "stays");
    const error = await rejection(list(bus));
    expect(error).toMatchObject({ code: "broker_unavailable", reason: "broker_died", retryable: true });
    expect(bus.requests).toEqual([]);
  });

  it("and is replaced: the new one is used", async () => {
    const bus = busWithAccounts();
    const broker = brokerOn(bus);
    await broker.getAccounts({ clientId });
    bus.startBroker();
    await broker.getAccounts({ clientId });
    expect(bus.requests.at(-1)?.call.destination).toBe(bus.owner);
  });
});

describe("a bus that goes away", () => {
  it("in the middle of a call ends the call, and the next one connects afresh", async () => {
    const bus = busWithAccounts().on("acquireTokenSilently", never);
    const broker = brokerOn(bus);
    const outcome = rejection(broker.acquireTokenSilently(request));
    await vi.waitFor(() => expect(bus.requestsOf("acquireTokenSilently")).toHaveLength(1));
    bus.breakBus();
    expect(await outcome).toMatchObject({
      code: "broker_unavailable",
      reason: "bus_lost",
      native: { errno: "ECONNRESET" },
      retryable: true,
    });
    bus.on("acquireTokenSilently", willingAnswer());
    await expect(broker.acquireTokenSilently(request)).resolves.toBeDefined();
  });
});

describe("a bus that cannot be reached", () => {
  it.each([
    ["address" as const, undefined, "no_session_bus", "unix:path="],
    ["connect" as const, "ENOENT", "no_session_bus", "session"],
    ["connect" as const, "ECONNREFUSED", "no_session_bus", "session"],
    ["connect" as const, "EACCES", "bus_refused", "own user"],
    ["authenticate" as const, "EPERM", "bus_refused", "user namespace"],
  ])("at stage %s (%s) is %s", async (stage, errno, reason, advice) => {
    const bus = new FakeBus();
    bus.connectError = nativeError("connect_failed", { stage, ...(errno !== undefined && { errno }) });
    const error = await rejection(brokerOn(bus, { env: { INVOCATION_ID: "1" } }).getAccounts({ clientId }));
    expect(error).toMatchObject({ code: "broker_unavailable", reason, native: { addressFrom: "option" } });
    expect(error.hint).toContain(advice);
    expect(error.message).toContain("unix:path=/fake");
  });

  it.each([
    ["libsystemd.so.0: cannot open shared object file: No such file or directory", "install libsystemd0"],
    ["/opt/app/lib/libsystemd.so.0: invalid ELF header", "dnf install systemd-libs"],
    ["/lib/libsystemd.so.0: undefined symbol: sd_bus_start", "version 239 or newer"],
    [
      "libcap.so.2: cannot open shared object file: No such file or directory",
      "needs the library libcap.so.2",
    ],
  ])("for want of libsystemd: %s", async (linkerMessage, advice) => {
    const bus = busWithAccounts();
    bus.linkerMessage = linkerMessage;
    const broker = brokerOn(bus);
    const correlationId = "6f0c1a52-0000-4000-8000-000000000001";
    const error = await rejection(broker.getAccounts({ clientId }, { correlationId }));
    expect(error).toMatchObject({
      code: "broker_unavailable",
      reason: "native_addon_missing",
      platform: "linux",
      native: { linkerMessage },
      correlationId,
    });
    expect(error.message).toContain(`${linkerMessage}.`);
    expect(error.hint).toContain(advice);
    bus.linkerMessage = undefined;
    await expect(broker.getAccounts({ clientId })).resolves.toHaveLength(1);
  });

  it("because it does not answer", async () => {
    const bus = new FakeBus();
    bus.connectError = nativeError("timed_out");
    expect(await rejection(list(bus))).toMatchObject({ reason: "bus_refused", retryable: true });
  });

  it.each([
    [busError("AccessDenied"), "access_denied"],
    [nativeError("disconnected", { errno: "EPIPE" }), "bus_lost"],
  ])("because it does not let names be watched", async (watchError, reason) => {
    const bus = busWithAccounts();
    bus.watchError = watchError;
    expect(await rejection(list(bus))).toMatchObject({ code: "broker_unavailable", reason });
    expect(bus.stats().connections).toBe(0);
  });

  it("is tried again with the next call", async () => {
    const bus = busWithAccounts();
    bus.connectError = nativeError("connect_failed", { stage: "connect", errno: "ENOENT" });
    const broker = brokerOn(bus);
    await rejection(broker.getAccounts({ clientId }));
    bus.connectError = undefined;
    await expect(broker.getAccounts({ clientId })).resolves.toHaveLength(1);
  });

  it("because nobody says where it is", async () => {
    const error = await rejection(
      brokerOn(new FakeBus(), { busAddress: undefined as unknown as string }).getAccounts({ clientId }),
    );
    expect(error).toMatchObject({ code: "broker_unavailable", reason: "no_session_bus" });
    expect(error.message).toContain("DBUS_SESSION_BUS_ADDRESS");
  });

  it("tells every waiting call under its own correlation id", async () => {
    const bus = new FakeBus();
    bus.connectError = nativeError("connect_failed", { stage: "connect", errno: "ENOENT" });
    const broker = brokerOn(bus);
    const ids = [1, 2].map((n) => `6f0c1a52-0000-4000-8000-00000000000${n}`);
    const errors = await Promise.all(
      ids.map((correlationId) => rejection(broker.getAccounts({ clientId }, { correlationId }))),
    );
    expect(errors.map((error) => error.correlationId)).toEqual(ids);
  });

  it("lets one caller give up while another waits on", async () => {
    const bus = busWithAccounts();
    let open: () => void = () => {};
    bus.connectGate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const broker = brokerOn(bus);
    const controller = new AbortController();
    const impatient = failure(broker.getAccounts({ clientId }, { abortSignal: controller.signal }));
    const patient = broker.getAccounts({ clientId });
    controller.abort();
    expect((await impatient).name).toBe("AbortError");
    open();
    await expect(patient).resolves.toHaveLength(1);
    expect(bus.addresses).toHaveLength(1);
  });
});
