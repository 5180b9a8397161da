import { BrokerError, type DiagnosticCheck } from "@x/broker-contract";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { loadMsal } from "../fallback/load-msal.js";
import type { Surroundings } from "../fallback/surroundings.js";
import type { LoadResult } from "../loader/load-platform-broker.js";
import {
  ada,
  bob,
  DiagnosingFakeBroker,
  FakeBroker,
  failure,
  gate,
  scope,
  tenantB,
} from "../testing/fake-broker.js";
import { packageVersion } from "../version.js";
import { runCli } from "./run-cli.js";

/** No display, no terminal, no browser. */
const nowhere: Surroundings = {
  platform: "linux",
  env: {},
  isRoot: false,
  isWsl: false,
  isTerminal: false,
  hasProgram: () => false,
};

async function run(
  argv: string[],
  broker: FakeBroker | BrokerError = new FakeBroker(),
  nodeVersion = "v20.20.2",
  interruptedBy?: AbortSignal,
) {
  const out: string[] = [];
  const notes: string[] = [];
  const interrupt = new AbortController();
  const result: LoadResult =
    broker instanceof FakeBroker
      ? { loaded: true, broker, packageName: "@x/broker-linux" }
      : { loaded: false, packageName: "@x/broker-linux", error: broker, advice: ["Do this.", "Or that."] };
  const code = runCli(argv, {
    out: (line) => out.push(line),
    note: (line) => {
      notes.push(line);
      if (line.includes("Waiting") && argv.includes("interrupted")) interrupt.abort();
    },
    interrupted: interruptedBy ?? interrupt.signal,
    nodeVersion,
    loadBroker: async () => result,
    readSurroundings: () => nowhere,
    loadMsal,
  });
  return { code: await code, out, notes, broker };
}

describe("broker token", () => {
  it("prints the token alone", async () => {
    const { code, out, notes, broker } = await run(["token", "--scope", scope]);
    expect(code).toBe(0);
    expect(out).toEqual([expect.stringMatching(/^eyJ/)]);
    expect(notes).toEqual([]);
    expect((broker as FakeBroker).closed).toBe(true);
  });

  it("prints one JSON object with --json", async () => {
    const { out } = await run(["token", "--scope", scope, "--json"]);
    const printed = JSON.parse(out.join("")) as Record<string, string>;
    expect(printed).toEqual({
      accessToken: expect.stringMatching(/^eyJ/),
      tokenType: "Bearer",
      expiresOn: expect.any(String),
      through: "broker",
    });
    expect(Date.parse(printed["expiresOn"] ?? "")).toBeGreaterThan(Date.now());
  });

  it("hands every flag to the credential", async () => {
    const broker = new FakeBroker();
    const claims = '{"access_token":{}}';
    const flags = [
      "--tenant",
      tenantB,
      "--client-id",
      "my-app",
      "--claims",
      claims,
      "--account",
      bob.username,
    ];
    expect(await run(["token", "--scope", scope, "offline_access", ...flags], broker)).toMatchObject({
      code: 0,
    });
    expect(broker.silent).toMatchObject([
      {
        account: bob,
        authority: `https://login.microsoftonline.com/${tenantB}`,
        clientId: "my-app",
        claims,
        scopes: [scope, "offline_access"],
      },
    ]);
  });

  it("says what it waits for while a window is open", async () => {
    const broker = new FakeBroker();
    broker.accounts = [];
    const { code, notes, out } = await run(["token", "--scope", scope], broker);
    expect(code).toBe(0);
    expect(notes).toEqual(["Waiting for you to finish signing in… (Ctrl+C cancels)"]);
    expect(out).toHaveLength(1);
  });

  it("ends with 130 on Ctrl+C and cancels the call", async () => {
    const broker = new FakeBroker();
    broker.accounts = [];
    broker.onInteractive = () => new Promise<void>(() => {});
    const { code, notes } = await run(["token", "--scope", scope, "--login-hint", "interrupted"], broker);
    expect(code).toBe(130);
    expect(notes.at(-1)).toBe("broker: Interrupted.");
    expect(broker.calls.at(-1)?.operation.abortSignal?.aborted).toBe(true);
    expect(broker.closed).toBe(true);
  });

  it.each([
    ["interaction_required", ["--silent"], 4],
    ["account_not_found", ["--silent"], 4],
    ["user_canceled", [], 5],
    ["no_network", [], 1],
    ["keyring_locked", [], 3],
    ["broker_unavailable", [], 3],
    ["not_supported", [], 3],
    ["broker_unavailable", ["--silent"], 3],
  ] as const)("tells %s by its exit code", async (reason, flags, expected) => {
    const broker = new FakeBroker();
    broker.onSilent = () => {
      throw failure(reason);
    };
    const human = await run(["token", "--scope", scope, ...flags], broker);
    expect(human.code).toBe(expected);
    expect(human.out).toEqual([]);
    expect(human.notes.join("\n")).toContain(`broker: The fake broker says ${reason}.\n  → `);
    const json = await run(["token", "--scope", scope, ...flags, "--json"], broker);
    expect(json.code).toBe(expected);
    expect(JSON.parse(json.notes.join(""))).toMatchObject({ error: { code: reason } });
  });

  it.each(["interaction_required", "account_not_found"] as const)(
    "does not blame --silent for %s of a window that was open",
    async (reason) => {
      const broker = new FakeBroker();
      broker.onSilent = broker.onInteractive = () => {
        throw failure(reason);
      };
      const { code, notes } = await run(["token", "--scope", scope], broker);
      expect(code).toBe(1);
      expect(notes.join("\n")).not.toContain("--silent");
      expect(notes.join("\n")).toContain("Do what the test says.");
    },
  );

  it("wants --silent away for an account that is not signed in", async () => {
    const broker = new FakeBroker();
    const { code, notes } = await run(
      ["token", "--scope", scope, "--login-hint", "carol@contoso.example", "--silent"],
      broker,
    );
    expect(code).toBe(4);
    expect(notes.join("\n")).toContain("Run it again without --silent");
  });

  it("does not call a fault of its own a mistake on the command line", async () => {
    const broker = new FakeBroker();
    const fault = (): never => {
      throw new TypeError(`Cannot read properties of ${ada.username}`);
    };
    broker.onSilent = broker.onAccounts = fault;
    for (const argv of [["token", "--scope", scope], ["accounts"], ["sign-out", "ada"]]) {
      const { code, notes } = await run(argv, broker);
      expect(code).toBe(1);
      expect(notes.join("\n")).toContain("Cannot read properties of [user]");
    }
  });

  it("refuses bad flags before it looks for a broker", async () => {
    const error = failure("broker_unavailable");
    for (const bad of [
      ["--scope", "a b"],
      ["--scope", scope, "--tenant", "a/b"],
      ["--scope", scope, "--claims", "[]"],
      ["--scope", scope, "--client-id", "a b"],
      ["--scope", scope, "--login-hint", " "],
    ])
      expect(await run(["token", ...bad], error)).toMatchObject({ code: 2, out: [] });
  });

  it.each([
    ["the token", [], "onSilent"],
    ["the account", ["--account", ada.username], "onAccounts"],
  ] as const)("waits for %s no longer than --timeout", async (_, flags, hook) => {
    const broker = new FakeBroker();
    broker[hook] = () => new Promise<void>(() => {});
    const { code, notes } = await run(["token", "--scope", scope, "--timeout", "0.05", ...flags], broker);
    expect(code).toBe(1);
    expect(notes.join("\n")).toContain("took longer than the 50 ms that were allowed.");
    expect(notes.join("\n")).toContain("Allow more time with --timeout");
    expect(broker.closed).toBe(true);
  });

  it("counts the look-up of the account as part of --timeout", async () => {
    const broker = new FakeBroker();
    broker.onAccounts = () => new Promise((resolve) => setTimeout(resolve, 30));
    broker.onSilent = () => new Promise<void>(() => {});
    const { notes } = await run(
      ["token", "--scope", scope, "--timeout", "0.5", "--account", ada.username],
      broker,
    );
    const allowed = Number(/than the ([\d.]+) ms/.exec(notes.join("\n"))?.[1]);
    expect(allowed).toBeGreaterThan(0);
    expect(allowed).toBeLessThanOrEqual(475);
  });

  it("waits without end with --timeout 0", async () => {
    const broker = new FakeBroker();
    const flags = ["--timeout", "0", "--account", ada.username];
    expect(await run(["token", "--scope", scope, ...flags], broker)).toMatchObject({ code: 0 });
    expect(broker.calls.map(({ operation }) => operation.timeoutInMs)).toEqual(broker.calls.map(() => 0));
  });

  it("takes an account that is listed with each of its tenants for one", async () => {
    const broker = new FakeBroker();
    broker.accounts = [{ ...ada, tenantId: tenantB }, ada, bob];
    for (const named of [ada.username, ada.homeAccountId.toUpperCase()])
      expect(await run(["token", "--scope", scope, "--account", named], broker)).toMatchObject({ code: 0 });
    expect(broker.silent).toMatchObject([{ account: ada }, { account: ada }]);
  });

  it.each([
    [["token"], /required option '--scope/],
    [["token", "--scope", scope, "--account", "a", "--login-hint", "b"], /cannot be used with/],
    [["token", "--scope", scope, "--timeout", "soon"], /Expected a number of seconds/],
    [
      ["token", "--scope", scope, "--claims", "no"],
      /'--claims <json>' argument 'no' is invalid. The value is not JSON/,
    ],
    [
      ["token", "--scope", scope, "--tenant", "a/b"],
      /'--tenant <id>' argument 'a\/b' is invalid. The value is not a tenant id/,
    ],
    [["tokn"], /unknown command 'tokn'/],
    [["token", "--scope", scope, "--timeout", "0x10"], /Expected a number of seconds/],
    [["token", "--scope", scope, "--timeout", "1e-9"], /Expected a number of seconds/],
    [["accounts", "--timeout", "0.0000001"], /Expected a number of seconds/],
    [["token", "--scope", scope, "--login-hint", " "], /'--login-hint <name>' argument ' ' is invalid/],
    [
      ["token", "--scope", "a b"],
      /--scope holds a scope.*Write several scopes as several words, or give --scope twice/,
    ],
    [["token", "--scope", scope, "https://graph.microsoft.com/.default"], /--scope names two resources/],
    [["token", "--scope", "https://storage.azure.com"], /append "\/.default"/],
    [["token", "--client-id", "a b"], /'--client-id <id>' argument 'a b' is invalid/],
    [["accounts", "--client-id", "a b"], /'--client-id <id>' argument 'a b' is invalid/],
    [["sign-out", "ada", "--client-id", "a b"], /'--client-id <id>' argument 'a b' is invalid/],
    [["doctor", "--client-id", "a b"], /'--client-id <id>' argument 'a b' is invalid/],
    [["token", "--scop", scope], /unknown option '--scop'/],
    [["accounts", "--jsn"], /unknown option '--jsn'/],
    [["sign-out"], /missing required argument 'account'/],
    [[], /Usage: broker/],
  ])("refuses a command line that makes no sense: %j", async (argv, text) => {
    const { code, notes, out } = await run(argv);
    expect(code).toBe(2);
    expect(notes.join("\n")).toMatch(text);
    expect(out).toEqual([]);
  });

  it("names the variable of an authority host that is none, and no option that it does not have", async () => {
    vi.stubEnv("AZURE_AUTHORITY_HOST", "https://login.contoso.example/tenant");
    const { code, notes } = await run(["token", "--scope", scope]);
    vi.unstubAllEnvs();
    expect(code).toBe(2);
    expect(notes.join("\n")).toMatch(/AZURE_AUTHORITY_HOST must hold a host.*The tenant goes into --tenant/);
  });

  it.each([
    ["The option loginHint fits two.", "Name one with the option authenticationRecord."],
    ["It is known.", "Pass `account` (see getAccounts) or `loginHint` of an account this machine knows."],
    ["It has expired.", "Check this machine's clock; then try again with forceRefresh."],
    ["It took long.", 'Allow more time with the option "requestOptions.timeout", or with timeoutInMs.'],
  ])("tells of its own options and not of a program's: %s", async (message, hint) => {
    for (const flags of [[], ["--json"]]) {
      const broker = new FakeBroker();
      broker.onSilent = () => {
        throw new BrokerError("broker_failed", { message, hint });
      };
      const { notes } = await run(["token", "--scope", scope, ...flags], broker);
      expect(notes.join("\n")).not.toMatch(
        /option|loginHint|`account`|getAccounts|timeoutInMs|Record|forceRefresh/,
      );
      expect(notes.join("\n")).toMatch(/--login-hint|--account|clock; then try again|--timeout/);
    }
  });

  it("says which option tells two accounts of one name apart", async () => {
    const broker = new FakeBroker();
    broker.accounts = [ada, { ...bob, username: ada.username }];
    const flags = ["--silent", "--login-hint", ada.username, "--json"];
    const { notes } = await run(["token", "--scope", scope, ...flags], broker);
    expect(JSON.parse(notes.join(""))).toMatchObject({
      error: {
        name: "AuthenticationRequiredError",
        message: "The broker knows several accounts with the user name of --login-hint.",
        hint: "Run it again without --silent, to sign in in a window.",
      },
    });
  });

  it("refuses it in JSON as well", async () => {
    const { code, notes } = await run(["token", "--json"]);
    expect(code).toBe(2);
    expect(JSON.parse(notes.join(""))).toMatchObject({
      error: { name: "UsageError", message: expect.stringContaining("--scope") },
    });
  });
});

describe("broker accounts and sign-out", () => {
  it("lists accounts", async () => {
    const { out } = await run(["accounts"]);
    expect(out).toEqual([
      `${ada.username}  tenant ${ada.tenantId}  home account id ${ada.homeAccountId}`,
      `${bob.username}  tenant ${bob.tenantId}  home account id ${bob.homeAccountId}`,
    ]);
    const json = await run(["accounts", "--json"]);
    expect(JSON.parse(json.out.join(""))).toMatchObject([
      { username: ada.username },
      { username: bob.username },
    ]);
  });

  it("says so when there is none", async () => {
    const broker = new FakeBroker();
    broker.accounts = [];
    expect(await run(["accounts"], broker)).toMatchObject({
      code: 0,
      out: [],
      notes: [expect.stringMatching(/Nobody is signed in/)],
    });
    expect(await run(["accounts", "--json"], broker)).toMatchObject({ code: 0, out: ["[]"] });
  });

  it("signs an account out by name or by id", async () => {
    const broker = new FakeBroker();
    expect(await run(["sign-out", ada.username.toUpperCase()], broker)).toMatchObject({
      code: 0,
      out: ["Signed out."],
    });
    expect(await run(["sign-out", bob.homeAccountId, "--json"], broker)).toMatchObject({ code: 0 });
    expect(broker.accounts).toEqual([]);
    expect(await run(["sign-out", ada.username], broker)).toMatchObject({
      code: 1,
      notes: [expect.stringMatching(/does not know the account/)],
    });
  });

  it("asks which of two accounts with one name is meant", async () => {
    const broker = new FakeBroker();
    broker.accounts = [ada, { ...bob, username: ada.username }];
    expect(await run(["sign-out", ada.username], broker)).toMatchObject({
      code: 2,
      notes: [expect.stringMatching(/Several accounts have that user name/)],
    });
    expect(broker.accounts).toHaveLength(2);
  });
});

describe("every command", () => {
  const commands = [
    ["token", "--scope", scope],
    ["token", "--scope", scope, "--account", ada.username],
    ["accounts"],
    ["sign-out", ada.username],
    ["doctor"],
  ];

  it.each(commands)(
    "asks as the app of --client-id, and lets go of the broker: %s %s %s %s %s",
    async (...argv) => {
      const broker = new DiagnosingFakeBroker([]);
      const args = [...argv.filter((arg) => arg !== undefined), "--client-id", "my-app"];
      expect(await run(args, broker)).toMatchObject({ code: 0 });
      expect(broker.calls.length).toBeGreaterThan(0);
      for (const call of broker.calls) expect(call.request.clientId).toBe("my-app");
      if (argv[0] === "doctor") expect(broker.diagnosed?.clientId).toBe("my-app");
      expect(broker.closed).toBe(true);
    },
  );

  it.each(commands)("is ended by Ctrl+C: %s %s %s %s %s", async (...argv) => {
    const broker = new DiagnosingFakeBroker([]);
    const controller = new AbortController();
    broker.onAccounts = broker.onSilent = () => new Promise<void>(() => {});
    const args = argv.filter((arg) => arg !== undefined);
    const running = run(args, broker, "v20.20.2", controller.signal);
    await expect.poll(() => broker.calls.length).toBe(1);
    controller.abort();
    expect(await running).toMatchObject({ code: 130, notes: ["broker: Interrupted."] });
    if (argv[0] === "doctor") expect(broker.diagnosed?.abortSignal?.aborted).toBe(true);
    await expect.poll(() => broker.closed).toBe(true);
  });

  it("sign-out is ended by Ctrl+C while the broker is at it", async () => {
    const broker = new FakeBroker();
    const controller = new AbortController();
    broker.onSignOut = () => new Promise<void>(() => {});
    const running = run(["sign-out", ada.username], broker, "v20.20.2", controller.signal);
    await expect.poll(() => broker.calls.length).toBe(2);
    controller.abort();
    expect(await running).toMatchObject({ code: 130 });
  });
});

describe("a broker that does not answer", () => {
  const hung = () => {
    const broker = new DiagnosingFakeBroker([]);
    broker.onAccounts = () => new Promise<void>(() => {});
    return broker;
  };

  it.each([["accounts"], ["sign-out", ada.username]])("is left after --timeout: %s", async (...argv) => {
    const broker = hung();
    const { code, notes, out } = await run([...argv, "--timeout", "0.05"], broker);
    expect(code).toBe(1);
    expect(out).toEqual([]);
    expect(notes.join("\n")).toMatch(/took longer than the 50 ms.*\n.*Allow more time with --timeout/);
    expect(broker.calls.at(-1)?.operation.abortSignal?.aborted).toBe(true);
    expect(broker.closed).toBe(true);
  });

  it("is left after --timeout while it signs out", async () => {
    const broker = new FakeBroker();
    broker.onSignOut = () => new Promise<void>(() => {});
    expect(await run(["sign-out", ada.username, "--timeout", "0.05"], broker)).toMatchObject({ code: 1 });
    expect(broker.calls.at(-1)).toMatchObject({
      method: "signOut",
      operation: { abortSignal: { aborted: true } },
    });
  });

  it.each([[[]], [["--json"]]])("is a failed check of the doctor after --timeout: %j", async (flags) => {
    const broker = hung();
    const { code, out } = await run(["doctor", "--timeout", "0.05", ...flags], broker);
    expect(code).toBe(1);
    expect(out.join("\n")).toContain("Platform package");
    expect(out.join("\n")).toContain("Checking took longer than the 50 ms that were allowed.");
    expect(out.join("\n")).toContain("Allow more time with --timeout");
    if (flags.length > 0) expect(JSON.parse(out.join(""))).toMatchObject({ ok: false });
    await expect.poll(() => broker.closed).toBe(true);
  });

  it("is not spoken of before two seconds are over", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const broker = new FakeBroker();
    const answer = gate();
    broker.onAccounts = () => answer.passed;
    const running = run(["accounts"], broker);
    await vi.advanceTimersByTimeAsync(1_900);
    answer.open();
    const { notes, code } = await running;
    await vi.advanceTimersByTimeAsync(10_000);
    vi.useRealTimers();
    expect({ notes, code }).toEqual({ notes: [], code: 0 });
  });

  describe("for two seconds", () => {
    beforeEach(() => {
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    });
    afterEach(() => {
      vi.useRealTimers();
    });

    it.each([
      [["accounts"], "onAccounts", "Waiting for the broker to list its accounts… (Ctrl+C cancels)"],
      [["accounts", "--json"], "onAccounts", "Waiting for the broker to list its accounts… (Ctrl+C cancels)"],
      [
        ["sign-out", ada.username],
        "onAccounts",
        "Waiting for the broker to list its accounts… (Ctrl+C cancels)",
      ],
      [
        ["sign-out", ada.username],
        "onSignOut",
        "Waiting for the broker to sign the account out… (Ctrl+C cancels)",
      ],
      [["doctor"], "onAccounts", 'Waiting for what is checked after "Platform package"… (Ctrl+C cancels)'],
    ] as const)("is named as what is waited for: %j in %s", async (argv, hook, line) => {
      const broker = new DiagnosingFakeBroker([]);
      const answer = gate();
      broker[hook] = () => answer.passed;
      const running = run([...argv], broker);
      await vi.advanceTimersByTimeAsync(2_100);
      answer.open();
      const { notes, code } = await running;
      expect({ notes, code }).toEqual({ notes: [line], code: 0 });
      await vi.advanceTimersByTimeAsync(10_000);
      expect(notes).toEqual([line]);
    });
  });
});

describe("broker doctor", () => {
  const bus: DiagnosticCheck = {
    id: "session-bus",
    title: "Session bus",
    outcome: "ok",
    detail: "unix:path=/run/bus.",
  };
  const noBroker: DiagnosticCheck = {
    id: "broker",
    title: "Broker",
    outcome: "fail",
    detail: "Nobody owns the name.",
    hint: "Install it.\nOr start it.",
  };

  it("prints each check in order, and what to do", async () => {
    const { code, out } = await run(["doctor"], new DiagnosingFakeBroker([bus, noBroker]));
    expect(code).toBe(1);
    expect(out).toEqual([
      "OK    Node.js: v20.20.2.",
      "OK    Platform package: @x/broker-linux is installed.",
      "OK    Session bus: unix:path=/run/bus.",
      "FAIL  Broker: Nobody owns the name.",
      "      → Install it.",
      "      → Or start it.",
      "SKIP  Accounts: Not checked, because of what failed above.",
      "SKIP  Without a broker: Nobody could sign in from here: no browser opens, because there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set), and there is no terminal to show a code on.",
      "      → An app can show the code itself (the option userPromptCallback).",
      "\n1 check failed.",
    ]);
  });

  it("names the default app to no check: that one needs no registration", async () => {
    const broker = new DiagnosingFakeBroker([bus]);
    await run(["doctor"], broker);
    expect(broker.diagnosed).toBeDefined();
    expect(broker.diagnosed).not.toHaveProperty("clientId");
    expect(broker.diagnosed?.deep).toBe(false);
  });

  it("asks the platform deeper questions only when told to", async () => {
    const broker = new DiagnosingFakeBroker([bus]);
    await run(["doctor", "--deep"], broker);
    expect(broker.diagnosed?.deep).toBe(true);
  });

  it("counts accounts and names them only when asked", async () => {
    const { code, out } = await run(["doctor"], new DiagnosingFakeBroker([bus]));
    expect(code).toBe(0);
    expect(out).toContain("OK    Accounts: 2 accounts.");
    expect(out.join("\n")).not.toContain(ada.username);
    const named = await run(["doctor", "--show-accounts"], new DiagnosingFakeBroker([bus]));
    expect(named.out).toContain(`OK    Accounts: 2 accounts: ${ada.username}, ${bob.username}.`);
  });

  it("prints JSON", async () => {
    const { code, out } = await run(["doctor", "--json"], new DiagnosingFakeBroker([noBroker]));
    expect(code).toBe(1);
    const { ok, checks } = JSON.parse(out.join("")) as { ok: boolean; checks: DiagnosticCheck[] };
    expect(ok).toBe(false);
    expect(checks.map(({ id, outcome }) => `${id} ${outcome}`)).toEqual([
      "node-version ok",
      "platform-package ok",
      "broker fail",
      "accounts skip",
      "fallback skip",
    ]);
  });

  it("probes a broker that cannot diagnose itself, and is loud about an emulator", async () => {
    const broker = new FakeBroker();
    if (broker.status.available) broker.status = { ...broker.status, emulated: true };
    const { out } = await run(["doctor"], broker);
    expect(out.join("\n")).toContain("THIS IS AN EMULATOR");
    broker.status = { available: false, platform: "linux", error: failure("broker_unavailable"), facts: {} };
    expect(await run(["doctor"], broker)).toMatchObject({ code: 1 });
  });

  it("tells a locked keyring from no accounts", async () => {
    const broker = new DiagnosingFakeBroker([bus]);
    broker.onAccounts = () => {
      throw failure("keyring_locked");
    };
    const { code, out } = await run(["doctor"], broker);
    expect(code).toBe(1);
    expect(out).toContain("FAIL  Accounts: The fake broker says keyring_locked.");
  });

  it("tells a fault of the broker's client without user names", async () => {
    const broker = new DiagnosingFakeBroker([bus]);
    broker.onAccounts = () => {
      throw new Error(`Something broke for ${ada.username}`);
    };
    const { code, out } = await run(["doctor"], broker);
    expect(code).toBe(1);
    expect(out).toContain("FAIL  Accounts: Error: Something broke for [user]");
    expect(broker.closed).toBe(true);
  });

  it.each([
    ["platform_package_missing", ["platform-package fail", "native-addon skip"]],
    ["native_addon_missing", ["platform-package ok", "native-addon fail"]],
    ["turned_off", ["broker-switch fail", "platform-package skip", "native-addon skip"]],
  ])("says why there is no broker: %s", async (reason, expected) => {
    const error = new BrokerError("broker_unavailable", {
      message: "It did not load.",
      hint: "Do this.",
      reason,
    });
    const { out, code } = await run(["doctor", "--json"], error);
    const { checks } = JSON.parse(out.join("")) as { checks: DiagnosticCheck[] };
    expect(code).toBe(1);
    expect(checks.map(({ id, outcome }) => `${id} ${outcome}`)).toEqual([
      "node-version ok",
      ...expected,
      "broker skip",
      "accounts skip",
      "fallback skip",
    ]);
    expect(checks.find(({ outcome }) => outcome === "fail")).toMatchObject({
      detail: "It did not load.",
      hint: "Do this.\nOr that.",
    });
  });

  it("fails an old Node.js", async () => {
    const { code, out } = await run(["doctor"], new FakeBroker(), "v18.19.0");
    expect(code).toBe(1);
    expect(out[0]).toBe("FAIL  Node.js: v18.19.0 is too old.");
  });
});

describe("broker", () => {
  it("prints help with exit codes, and its version", async () => {
    const help = await run(["--help"]);
    expect(help.code).toBe(0);
    for (const word of ["doctor", "token", "accounts", "sign-out", "Exit codes:"])
      expect(help.out.join("\n")).toContain(word);
    expect(await run(["--version"])).toMatchObject({ code: 0, out: [packageVersion] });
  });

  it.each([["token", "--scope", scope], ["accounts"], ["sign-out", "ada"]])(
    "ends with 3 without a broker: %s",
    async (...argv) => {
      const error = failure("broker_unavailable", "not_installed");
      expect(await run(argv, error)).toMatchObject({ code: 3, out: [] });
    },
  );
});
