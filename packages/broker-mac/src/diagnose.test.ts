import type { DiagnoseOptions, DiagnosticCheck } from "@x/broker-contract";
import { describe, expect, it } from "vitest";
import { createMacBroker, type MacBrokerOptions, unsignedRedirectUri } from "./index.js";
import { brokerOn, failure, usualExtension } from "./testing/protocol/broker.js";
import { chain, type FakeExtension, never } from "./testing/protocol/fake-extension.js";
import { answer, clientId, errorAnswer } from "./testing/protocol/people.js";

async function checksOf(
  extension: FakeExtension,
  options: DiagnoseOptions = {},
  about: MacBrokerOptions = {},
): Promise<DiagnosticCheck[]> {
  const checks: DiagnosticCheck[] = [];
  for await (const check of brokerOn(extension, about).diagnose(options)) checks.push(check);
  return checks;
}

function outcomes(checks: readonly DiagnosticCheck[]): string[] {
  return checks.map(({ id, outcome }) => `${id}: ${outcome}`);
}

function find(checks: readonly DiagnosticCheck[], id: string): DiagnosticCheck {
  const found = checks.find((check) => check.id === id);
  if (found === undefined) throw new Error(`There is no check ${id}.`);
  return found;
}

const usualIds = [
  "native-addon",
  "main-thread",
  "caller",
  "company-portal",
  "broker",
  "broker-version",
  "device",
  "redirect-uri",
];

const refused = () =>
  chain(
    { domain: "com.apple.AuthenticationServices.AuthorizationError", code: -6000 },
    {
      domain: "MSALErrorDomain",
      code: -50000,
      userInfo: { MSALInternalErrorCodeKey: "-42000", MSALErrorDescriptionKey: "Invalid source app." },
    },
  );

describe("diagnose", () => {
  it("looks at everything from the ground up", async () => {
    const checks = await checksOf(usualExtension());
    expect(outcomes(checks)).toEqual(usualIds.map((id) => `${id}: ${id === "redirect-uri" ? "skip" : "ok"}`));
    expect(find(checks, "broker-version").detail).toBe("5.2604.2.");
    expect(find(checks, "company-portal").detail).toBe("Version 5.2604.2.");
    expect(find(checks, "device").detail).toContain("Registered (personal, full");
  });

  it("goes on where macOS does not even say whether there is an extension", async () => {
    const extension = usualExtension();
    extension.available = never;
    const checks = await checksOf(extension, { timeoutInMs: 20 });
    expect(find(checks, "broker")).toMatchObject({ outcome: "fail" });
    expect(checks.map(({ id }) => id)).toEqual(usualIds);
  });

  it("names the redirect URI of an app of one's own", async () => {
    const checks = await checksOf(usualExtension(), { clientId });
    expect(find(checks, "redirect-uri").detail).toContain(`Add exactly ${unsignedRedirectUri} in`);
  });

  it("says why the addon does not load, and looks at the Company Portal all the same", async () => {
    const checks: DiagnosticCheck[] = [];
    const broker = createMacBroker({
      loadBinding: () => {
        throw new Error("No native build was found");
      },
      companyPortal: async () => ({ installed: false }),
    });
    for await (const check of broker.diagnose()) checks.push(check);
    expect(outcomes(checks)).toEqual([
      "native-addon: fail",
      "company-portal: fail",
      ...["main-thread", "caller", "broker", "broker-version", "device", "redirect-uri"].map(
        (id) => `${id}: skip`,
      ),
    ]);
  });

  it.each<[string, Awaited<ReturnType<NonNullable<MacBrokerOptions["companyPortal"]>>>, string]>([
    ["no Company Portal", { installed: false }, "not installed"],
    ["an old one", { installed: true, version: "5.2602.9" }, "too old"],
    ["a new one", { installed: true, version: "5.2603" }, "although the Company Portal is installed"],
    [
      "one that was updated just now",
      { installed: true, changedAt: Date.now() - 5_000 },
      "not loaded the SSO extension yet",
    ],
    ["one of unknown version", { installed: true }, "although the Company Portal is installed"],
  ])("without an extension tells what %s means", async (_what, portal, said) => {
    const extension = usualExtension();
    extension.available = false;
    const checks = await checksOf(extension, {}, { companyPortal: async () => portal });
    expect(find(checks, "broker")).toMatchObject({ outcome: "fail", hint: expect.stringMatching(/\.$/) });
    expect(find(checks, "broker").detail).toContain(said);
    expect(find(checks, "broker-version").outcome).toBe("skip");
    expect(find(checks, "device").outcome).toBe("skip");
  });

  it.each([
    [{}, "5.2604", "fail", "codesign"],
    [{ signingIdentifier: "node", teamIdentifier: "HX7739G8FX" }, "5.2602", "fail", "5.2603"],
    [{ signingIdentifier: "node", teamIdentifier: "HX7739G8FX" }, "5.2603", "ok", undefined],
    [{ signingIdentifier: "node" }, "5.2602", "ok", undefined],
    [{ bundleIdentifier: "com.contoso.app", teamIdentifier: "T1" }, "5.2602", "ok", undefined],
  ])("takes %j with Company Portal %s for %s", async (identity, version, outcome, hint) => {
    const extension = usualExtension();
    extension.identity = identity;
    const checks = await checksOf(
      extension,
      {},
      { companyPortal: async () => ({ installed: true, version }) },
    );
    const caller = find(checks, "caller");
    expect(caller.outcome).toBe(outcome);
    if (hint !== undefined) expect(caller.hint).toContain(hint);
  });

  it.each([
    ["notJoined", "fail"],
    ["joined", "ok"],
    [undefined, "skip"],
  ])("a device that is %s: %s", async (wpj_status, outcome) => {
    const extension = usualExtension().on(
      "get_device_info",
      answer("operation_generic_response", { wpj_status }),
    );
    expect(find(await checksOf(extension), "device").outcome).toBe(outcome);
  });

  it("in a worker thread says so, and asks nobody", async () => {
    const extension = usualExtension();
    extension.mainThread = false;
    const checks = await checksOf(extension);
    expect(find(checks, "main-thread").outcome).toBe("fail");
    expect(find(checks, "broker").outcome).toBe("fail");
    expect(extension.requests).toEqual([]);
  });

  it("ends when it is aborted", async () => {
    const extension = usualExtension().on("get_device_info", never);
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 20);
    expect((await failure(checksOf(extension, { abortSignal: stop.signal }))).name).toBe("AbortError");
  });
});

describe("diagnose, deep", () => {
  const deep = { deep: true, clientId };
  /** An extension that says the usual of somebody it does not know. */
  const usualMac = () =>
    usualExtension()
      .on("refresh", errorAnswer({ error: "interaction_required", error_codes: "[50058]" }))
      .on("get_sso_cookies", refused);

  it("answers what nobody could look up, one by one", async () => {
    const extension = usualMac();
    const checks = (await checksOf(extension, deep)).slice(usualIds.length);
    expect(outcomes(checks)).toEqual([
      "deep-run-loop: ok",
      "deep-answer-fields: ok",
      "deep-caller: ok",
      "deep-error-shape: ok",
      "deep-sso-cookies: ok",
      "deep-window: skip",
    ]);
    expect(find(checks, "deep-run-loop").detail).toContain("although nobody served the main run loop");
    expect(find(checks, "deep-answer-fields").detail).toContain("broker_version");
    expect(find(checks, "deep-caller").detail).toMatch(/^Taken\..*interaction_required/);
    expect(find(checks, "deep-error-shape").detail).toContain('as an answer, with error_codes as "[0]"');
    expect(find(checks, "deep-sso-cookies").detail).toContain("it said broker_unavailable (caller_refused)");
  });

  it("shows no window, and can get no token and no cookie: it asks for nobody", async () => {
    const extension = usualMac();
    await checksOf(extension, deep);
    for (const { native } of extension.requests) expect(native.userInterfaceEnabled).toBe(false);
    expect(extension.requests.map(({ operation }) => operation)).toEqual([
      "get_device_info",
      "get_device_info",
      "refresh",
      "get_sso_cookies",
    ]);
    for (const { options } of extension.requests.slice(2)) {
      expect(options["home_account_id"]).toMatch(/^[0.-]+$/);
      expect(options["client_id"]).toBe(clientId);
    }
  });

  it("tells who needs the main run loop: here, the extension", async () => {
    const extension = usualMac();
    let serve: () => void = () => {};
    extension.onServed = () => serve();
    extension.on(
      "get_device_info",
      () =>
        new Promise((resolve) => {
          serve = () => resolve(answer("operation_generic_response"));
        }),
    );
    const checks = await checksOf(extension, deep);
    expect(find(checks, "deep-run-loop").detail).toContain("only once the main run loop was served");
  });

  it("says that the extension refuses this program, and why", async () => {
    const extension = usualMac().on("refresh", refused);
    extension.identity = { signingIdentifier: "node", teamIdentifier: "HX7739G8FX" };
    const checks = await checksOf(extension, deep);
    expect(find(checks, "deep-caller")).toMatchObject({
      outcome: "fail",
      detail: expect.stringMatching(/^Refused\..*caller_refused.*internalCode: -42000/),
      hint: expect.stringContaining("5.2603"),
    });
    expect(find(checks, "deep-error-shape").detail).toContain("as an NSError");
  });

  it("repeats nothing of what an answer says", async () => {
    const extension = usualMac()
      .on("get_device_info", answer("operation_generic_response", { extraDeviceInfo: '{"mdm_id":"m-1"}' }))
      .on("refresh", errorAnswer({ error: "x", error_codes: "ann@contoso.example" }));
    const text = JSON.stringify(await checksOf(extension, deep));
    expect(text).not.toMatch(/m-1|ann@contoso/);
  });

  it("is left out unless asked for, and where there is no extension", async () => {
    expect(outcomes(await checksOf(usualMac(), { clientId })).join()).not.toContain("deep-");
    const extension = usualMac();
    extension.available = false;
    expect(outcomes(await checksOf(extension, deep)).join()).not.toContain("deep-");
  });
});
