import type { DiagnoseOptions, DiagnosticCheck } from "@x/broker-contract";
import { describe, expect, it, vi } from "vitest";
import { displayCheck } from "./diagnose.js";
import { brokerOn, failure } from "./testing/protocol/broker.js";
import { busError, FakeBus, nativeError, never } from "./testing/protocol/fake-bus.js";
import { clientId } from "./testing/protocol/people.js";

async function diagnose(
  bus: FakeBus,
  options: Parameters<typeof brokerOn>[1] = {},
  about: DiagnoseOptions = {},
): Promise<DiagnosticCheck[]> {
  const found: DiagnosticCheck[] = [];
  for await (const one of brokerOn(bus, options).diagnose(about)) found.push(one);
  return found;
}

const outcomes = (found: DiagnosticCheck[]) =>
  Object.fromEntries(found.map(({ id, outcome }) => [id, outcome]));

describe("diagnose", () => {
  it("goes from the ground up, in one order", async () => {
    const bus = new FakeBus().onJson("getLinuxBrokerVersion", { linuxBrokerVersion: "3.0.2" });
    bus.keyring = "unlocked";
    bus.pid = undefined;
    const found = await diagnose(bus, { env: { DISPLAY: ":0" } }, { clientId });
    expect(found.map(({ id, outcome }) => [id, outcome])).toEqual([
      ["native-addon", "ok"],
      ["session-bus", "ok"],
      ["broker", "ok"],
      ["broker-version", "ok"],
      ["keyring", "ok"],
      ["display", "ok"],
      ["redirect-uri", "skip"],
    ]);
    expect(found.at(-1)?.detail).toContain("https://login.microsoftonline.com/common/oauth2/nativeclient");
  });

  it("asks nobody to register a redirect URI for the default app", async () => {
    const last = (await diagnose(new FakeBus())).at(-1);
    expect(last).toMatchObject({ id: "redirect-uri", outcome: "skip" });
    expect(last?.detail).toMatch(/^Does not apply: registered for the default app\./);
  });

  it("asks no display of an emulator, which shows no windows", async () => {
    const bus = new FakeBus().onJson("getLinuxBrokerVersion", { linuxBrokerVersion: "3.0.2-emulator" });
    bus.pid = undefined;
    expect(outcomes(await diagnose(bus))["display"]).toBe("skip");
  });

  it("leaves out what a missing addon makes pointless", async () => {
    const loadBinding = () => {
      throw new Error("/x/broker-linux.node: invalid ELF header");
    };
    const found = await diagnose(new FakeBus(), { loadBinding });
    expect(outcomes(found)).toMatchObject({
      "native-addon": "fail",
      "session-bus": "skip",
      broker: "skip",
      "broker-version": "skip",
      keyring: "skip",
    });
    expect(found[0]?.hint).toContain("another machine");
    expect(found[0]?.detail).not.toContain("another machine");
  });

  it("says what to install where libsystemd is missing", async () => {
    const bus = new FakeBus();
    bus.linkerMessage = "libsystemd.so.0: cannot open shared object file: No such file or directory";
    const [failed] = await diagnose(bus);
    expect(failed).toMatchObject({ id: "native-addon", outcome: "fail" });
    expect(failed?.detail).toContain("libsystemd.so.0: cannot open shared object file");
    expect(failed?.hint).toContain("sudo apt-get install libsystemd0");
  });

  it("leaves out what a missing bus makes pointless", async () => {
    const bus = new FakeBus();
    bus.connectError = nativeError("connect_failed", { stage: "connect", errno: "ENOENT" });
    expect(outcomes(await diagnose(bus))).toMatchObject({
      "native-addon": "ok",
      "session-bus": "fail",
      broker: "skip",
      "broker-version": "skip",
      keyring: "skip",
    });
  });

  it("still looks at the keyring when the broker is missing", async () => {
    const bus = new FakeBus("idle");
    bus.activation = busError("Spawn.ChildExited");
    bus.keyring = "locked";
    const found = await diagnose(bus);
    expect(outcomes(found)).toMatchObject({ broker: "fail", "broker-version": "skip", keyring: "fail" });
    expect(found.find(({ id }) => id === "keyring")?.hint).toContain("Unlock");
  });

  it.each([
    ["none", "skip", "No Secret Service"],
    ["silent", "skip", "does not say"],
    ["unlocked", "ok", "unlocked"],
    ["locked", "fail", "locked"],
  ] as const)("tells a keyring that is %s", async (keyring, outcome, detail) => {
    const bus = new FakeBus();
    bus.keyring = keyring;
    const found = (await diagnose(bus)).find(({ id }) => id === "keyring");
    expect(found).toMatchObject({ outcome, detail: expect.stringContaining(detail) });
  });

  it("does not wait long for a version, nor lets that take the other checks' time", async () => {
    const bus = new FakeBus().on("getLinuxBrokerVersion", never);
    bus.keyring = "locked";
    const found = await diagnose(bus, {}, { timeoutInMs: 200 });
    expect(outcomes(found)).toMatchObject({ broker: "ok", "broker-version": "skip", keyring: "fail" });
    expect(found.find(({ id }) => id === "broker-version")?.detail).toContain("did not tell its version");
  });

  it("gives each check a few seconds unless told otherwise", async () => {
    const bus = new FakeBus().on("getLinuxBrokerVersion", never);
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    try {
      const found = diagnose(bus);
      await vi.advanceTimersByTimeAsync(6_000);
      expect(outcomes(await found)).toMatchObject({ "broker-version": "skip", keyring: "skip" });
    } finally {
      vi.useRealTimers();
    }
  });

  it("tells an emulator loudly", async () => {
    const bus = new FakeBus().onJson("getLinuxBrokerVersion", { linuxBrokerVersion: "3.0.2-emulator" });
    const version = (await diagnose(bus)).find(({ id }) => id === "broker-version");
    expect(version?.detail).toContain("THIS IS AN EMULATOR");
  });

  it("gives every failed check something to do", async () => {
    const bus = new FakeBus("idle");
    bus.activation = "never";
    for (const one of await diagnose(bus)) {
      if (one.outcome === "fail") expect(one.hint?.length ?? 0).toBeGreaterThan(10);
    }
  });

  it("rejects only when aborted", async () => {
    const found = brokerOn(new FakeBus()).diagnose({ abortSignal: AbortSignal.abort() });
    const first = found[Symbol.asyncIterator]();
    await first.next();
    expect((await failure(first.next())).name).toBe("AbortError");
  });

  it.each([[undefined], [{}], [{ hasDisplay: false }]])(
    "does not call a machine without a graphical session broken (broker: %j)",
    (broker) => {
      const found = displayCheck(broker, {});
      expect(found.outcome).toBe("skip");
      expect(found.detail).toContain("Only silent sign-in can work here.");
    },
  );

  it("goes by the broker's own display where that can be seen", () => {
    expect(displayCheck({ hasDisplay: true }, {}).outcome).toBe("ok");
    expect(displayCheck({ hasDisplay: false }, { DISPLAY: ":0" })).toMatchObject({
      outcome: "fail",
      hint: expect.stringContaining("dbus-update-activation-environment"),
    });
    expect(displayCheck(undefined, { WAYLAND_DISPLAY: "wayland-0" }).outcome).toBe("ok");
  });
});
