import { describe, expect, it } from "vitest";
import { ada, bob, failure } from "../testing/fake-broker.js";
import { adaId, request, setUp } from "../testing/native-request.js";

describe("prompts", () => {
  it.each(["login", "select_account", "create"])(
    "%s always shows a window, with the hint alone",
    async (prompt) => {
      const { broker, plugin } = setUp();
      const loginHint = bob.username;
      await plugin.acquireTokenInteractive(request({ prompt, loginHint, accountId: adaId }));
      expect(broker.calls.map(({ method }) => method)).toEqual(["interactive"]);
      expect(broker.interactive[0]).toMatchObject({ prompt, loginHint, parentWindow: "auto" });
      expect(broker.interactive[0]).not.toHaveProperty("account");
    },
  );

  it("login fills in the name of the account it is about", async () => {
    const { broker, plugin } = setUp();
    await plugin.acquireTokenInteractive(request({ prompt: "login", account: bob }));
    await plugin.acquireTokenInteractive(request({ prompt: "select_account", account: bob }));
    expect(broker.interactive.map(({ loginHint }) => loginHint)).toEqual([bob.username, undefined]);
  });

  it.each([
    ["with an account", { accountId: adaId }],
    ["without one", {}],
  ])("none never shows one, %s", async (_, more) => {
    const { broker, plugin } = setUp();
    broker.onSilent = () => {
      throw failure("interaction_required");
    };
    await expect(plugin.acquireTokenInteractive(request({ prompt: "none", ...more }))).rejects.toMatchObject({
      errorCode: "interaction_required",
    });
    expect(broker.interactive).toEqual([]);
  });

  it("consent shows one at once, for the account", async () => {
    const { broker, plugin } = setUp();
    await plugin.acquireTokenInteractive(request({ prompt: "consent", accountId: adaId }));
    expect(broker.silent).toEqual([]);
    expect(broker.interactive[0]).toMatchObject({ prompt: "consent", account: ada });
  });

  it("no prompt leads an account to a window at once", async () => {
    const { broker, plugin } = setUp();
    await plugin.acquireTokenInteractive(request({ accountId: adaId }));
    expect(broker.silent).toEqual([]);
    expect(broker.interactive[0]).toMatchObject({ account: ada });
    expect(broker.interactive[0]).not.toHaveProperty("prompt");
  });

  it("no prompt and no account tries without a window first", async () => {
    const { broker, plugin } = setUp();
    await plugin.acquireTokenInteractive(request());
    expect(broker.interactive).toEqual([]);
    broker.onSilent = () => {
      throw failure("interaction_required");
    };
    await plugin.acquireTokenInteractive(request());
    expect(broker.interactive).toHaveLength(1);
    broker.onSilent = () => {
      throw failure("no_network");
    };
    await expect(plugin.acquireTokenInteractive(request())).rejects.toMatchObject({
      errorCode: "no_network_connectivity",
    });
    expect(broker.interactive).toHaveLength(1);
  });

  it.each([
    [undefined, "auto"],
    [Buffer.alloc(0), "auto"],
    [Buffer.from([0]), "auto"],
    [Buffer.from([0x34, 0x12, 0, 0]), 0x1234n],
    [Buffer.from([1, 0, 0, 0, 1, 0, 0, 0]), 0x1_0000_0001n],
  ])("the window handle %o is %s", async (handle, parentWindow) => {
    const { broker, plugin } = setUp();
    await plugin.acquireTokenInteractive(request({ prompt: "login" }), handle);
    expect(broker.interactive[0]?.parentWindow).toBe(parentWindow);
  });
});

describe("for @azure/identity", () => {
  const caller = "identity";

  it("a login hint does not make the user type a password again", async () => {
    const { broker, plugin } = setUp({ caller });
    const hinted = { prompt: "login", loginHint: ada.username };
    await plugin.acquireTokenInteractive(request(hinted));
    expect(broker.interactive).toEqual([]);
    broker.onSilent = () => {
      throw failure("interaction_required");
    };
    await plugin.acquireTokenInteractive(request(hinted));
    expect(broker.interactive[0]).toMatchObject({ account: ada });
    expect(broker.interactive[0]).not.toHaveProperty("prompt");
  });

  it.each(["no_network", "temporarily_unavailable", "broker_unavailable"] as const)(
    "%s opens no window, however often identity turns to it",
    async (code) => {
      const { broker, plugin } = setUp({ caller });
      broker.onSilent = () => {
        throw failure(code);
      };
      const silent = await plugin.acquireTokenSilent(request({ accountId: adaId })).catch((error) => error);
      const window = plugin.acquireTokenInteractive(request({ prompt: "select_account" }));
      await expect(window).rejects.toMatchObject({ errorCode: silent.errorCode, cause: { code } });
      expect(broker.interactive).toEqual([]);
      await plugin.acquireTokenInteractive(request({ prompt: "select_account" }));
      expect(broker.interactive).toHaveLength(1);
    },
  );

  it("the user is asked where the user can help, and where another request failed", async () => {
    const { broker, plugin } = setUp({ caller });
    broker.onSilent = () => {
      throw failure("interaction_required");
    };
    await plugin.acquireTokenSilent(request({ accountId: adaId })).catch(() => {});
    await plugin.acquireTokenInteractive(request({ prompt: "select_account" }));
    broker.onSilent = () => {
      throw failure("no_network");
    };
    await plugin.acquireTokenSilent(request({ accountId: adaId })).catch(() => {});
    await plugin.acquireTokenInteractive(request({ prompt: "select_account", scopes: ["other/.default"] }));
    expect(broker.interactive).toHaveLength(2);
  });

  it("an app that asks msal-node itself is taken at its word", async () => {
    const { broker, plugin } = setUp();
    await plugin.acquireTokenInteractive(request({ prompt: "login", loginHint: ada.username }));
    expect(broker.interactive[0]).toMatchObject({ prompt: "login", loginHint: ada.username });
  });
});
