import type { DiagnoseOptions, DiagnosticCheck } from "@x/broker-contract";
import { describe, expect, it } from "vitest";
import { createWindowsBroker } from "./index.js";
import { brokerIn, failure } from "./testing/broker.js";
import { type FakeWam, nativeError } from "./testing/fake-wam.js";
import { clientId, pat, username } from "./testing/people.js";
import type { World } from "./testing/world.js";

async function run(broker: ReturnType<typeof createWindowsBroker>, options: DiagnoseOptions = {}) {
  const found: DiagnosticCheck[] = [];
  for await (const check of broker.diagnose(options)) found.push(check);
  return found;
}

async function diagnosed(
  world: World = {},
  options: DiagnoseOptions = {},
  prepare: (wam: FakeWam) => void = () => {},
) {
  const { broker, wam } = brokerIn(world);
  prepare(wam);
  const found = await run(broker, options);
  const byId = (id: string) => found.find((check) => check.id === id);
  return { found, byId, wam };
}

const usual = [
  "native-addon",
  "session",
  "elevation",
  "wam",
  "personal-accounts",
  "default-account",
  "parent-window",
  "redirect-uri",
];

describe("diagnose", () => {
  it("looks at everything from the ground up, and asks for no token", async () => {
    const { found, byId, wam } = await diagnosed();
    expect(found.map(({ id }) => id)).toEqual(usual);
    expect(found.filter(({ outcome }) => outcome === "fail")).toEqual([]);
    expect(byId("default-account")?.detail).toBe("A work or school account.");
    expect(byId("parent-window")?.detail).toContain("the desktop, as there is no console");
    expect(wam.names.every((name) => name.startsWith("FindAccountProvider"))).toBe(true);
  });

  it("names the redirect URI of an app of one's own", async () => {
    const { byId } = await diagnosed({}, { clientId });
    expect(byId("redirect-uri")?.detail).toContain(`ms-appx-web://Microsoft.AAD.BrokerPlugin/${clientId}`);
  });

  it("says what is wrong with the session", async () => {
    const { byId } = await diagnosed({}, {}, (wam) => {
      wam.sessionFacts = { sessionId: 0, integrityLevel: 0x4000 };
    });
    expect(byId("session")).toMatchObject({ outcome: "fail", hint: expect.stringContaining("logged on") });
    expect(byId("elevation")).toMatchObject({
      outcome: "skip",
      detail: expect.stringContaining("integrity level 0x4000"),
    });
  });

  it("tells an emulator, another kind of user, and the console", async () => {
    const { byId } = await diagnosed(
      {
        defaultKind: null,
        first: ({ authority }) =>
          authority === "organizations"
            ? { provider: { id: "x", displayName: "Work or school account (emulator)" } }
            : undefined,
      },
      {},
      (wam) => {
        wam.console = 0x50n;
        wam.windows.set(0x50n, { exists: true, visible: true, className: "CASCADIA_HOSTING_WINDOW_CLASS" });
      },
    );
    expect(byId("wam")?.detail).toContain("THIS IS AN EMULATOR");
    expect(byId("default-account")?.detail).toContain("without a Microsoft account");
    expect(byId("parent-window")?.detail).toContain("CASCADIA_HOSTING_WINDOW_CLASS: that of the console");
    expect((await diagnosed({ defaultKind: "consumers" })).byId("default-account")?.detail).toContain(
      "personal",
    );
  });

  it("goes on as far as that makes sense without WAM", async () => {
    const { found, byId } = await diagnosed({
      first: () => nativeError("unavailable", { hresult: 0x80040154, stage: "RoGetActivationFactory" }),
    });
    expect(found.map(({ id }) => id)).toEqual(usual);
    expect(byId("wam")).toMatchObject({ outcome: "fail", hint: expect.stringContaining("Server Core") });
    expect(byId("default-account")).toMatchObject({ outcome: "skip" });
    expect(byId("parent-window")?.outcome).toBe("ok");
  });

  it("does not fail because there are no personal accounts", async () => {
    const { byId } = await diagnosed({
      first: ({ authority }) => (authority === "consumers" ? { provider: null } : undefined),
    });
    expect(byId("personal-accounts")?.outcome).toBe("skip");
  });

  it("skips the rest without the addon", async () => {
    const broker = createWindowsBroker({
      loadBinding: () => {
        throw new Error("No native build was found");
      },
    });
    const found = await run(broker, { deep: true });
    expect(found.map(({ id }) => id)).toEqual(usual);
    expect(found[0]?.outcome).toBe("fail");
    expect(found.slice(1).every(({ outcome }) => outcome === "skip")).toBe(true);
  });

  it("rejects only when aborted", async () => {
    const { broker } = brokerIn({ first: () => new Promise(() => {}) });
    expect((await failure(run(broker, { abortSignal: AbortSignal.abort() }))).name).toBe("AbortError");
    const controller = new AbortController();
    const running = failure(run(broker, { abortSignal: controller.signal }));
    setImmediate(() => controller.abort());
    expect((await running).name).toBe("AbortError");
  });

  it("gives each check a time of its own", async () => {
    const found = await diagnosed({ first: () => new Promise(() => {}) }, { timeoutInMs: 30 });
    expect(found.byId("wam")).toMatchObject({
      outcome: "fail",
      detail: expect.stringContaining("no answer"),
    });
    expect(found.byId("parent-window")?.outcome).toBe("ok");
  });
});

describe("diagnose, deep", () => {
  const deep = [
    "deep-authorities",
    "deep-work-accounts",
    "deep-personal-accounts",
    "deep-token-binding",
    "deep-windows",
  ];

  it("answers what nobody could check, and names nobody", async () => {
    const { found, byId, wam } = await diagnosed({ personalAccounts: [pat()] }, { deep: true, clientId });
    expect(found.map(({ id }) => id)).toEqual([...usual.slice(0, -1), ...deep, "redirect-uri"]);
    expect(byId("deep-authorities")?.detail).toContain(
      "https://login.microsoftonline.us/organizations -> https://login.microsoft.com (organizations)",
    );
    expect(byId("deep-work-accounts")?.detail).toMatch(/^1 account\(s\), 1 with an id, .* OID, TenantId, /);
    expect(byId("deep-token-binding")?.detail).toMatch(/^Status 0 \(Success\), no error, 1 response/);
    expect(byId("deep-windows")?.detail).toContain(
      "Console or terminal: none. Desktop: class #32769, visible true",
    );
    const told = JSON.stringify(found);
    for (const secret of [username, "Jane", "Roe", pat().userName, "aad-web-account-id"])
      expect(told).not.toContain(secret);
    const scopes = wam.calls.map(({ scope }) => scope).filter((scope) => scope !== undefined);
    expect(scopes).toEqual(["IsFeatureSupported:TokenBinding"]);
  });

  it("tells the status of a plug-in that lists nobody", async () => {
    const { byId } = await diagnosed({ tokenBinding: false }, { deep: true, clientId });
    expect(byId("deep-personal-accounts")?.detail).toBe("FindAllWebAccountsStatus 1.");
    expect(byId("deep-token-binding")?.detail).toMatch(/error 0xcaa20009.* does not bind/);
  });

  it("needs an app to list accounts for", async () => {
    const { byId } = await diagnosed({}, { deep: true });
    expect(byId("deep-work-accounts")).toMatchObject({ outcome: "skip" });
  });
});
