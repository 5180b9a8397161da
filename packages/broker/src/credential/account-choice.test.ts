import type { BrokerErrorCode } from "@x/broker-contract";
import { describe, expect, it } from "vitest";
import { ada, bob, FakeBroker, failure, scope, tenantA, tenantB } from "../testing/fake-broker.js";
import { InteractiveBrowserBrokerCredential } from "./interactive-browser-broker-credential.js";
import type { InteractiveBrowserBrokerCredentialOptions } from "./options.js";

/** Another person of the same user name, at home in tenant B. */
const namesake = {
  ...bob,
  homeAccountId: `${bob.localAccountId}.${tenantB}`,
  tenantId: tenantB,
  username: ada.username,
};
/** Ada as a guest of tenant B. */
const visiting = {
  ...ada,
  tenantId: tenantB,
  localAccountId: "1c1f5a5e-0000-4000-8000-000000000001",
  native: { handle: "b" },
};
const record = {
  authority: "login.microsoftonline.com",
  homeAccountId: ada.homeAccountId,
  clientId: "my-app",
  tenantId: tenantA,
  username: ada.username,
};

function setUp(options: InteractiveBrowserBrokerCredentialOptions, accounts = [ada, bob]) {
  const broker = new FakeBroker();
  broker.accounts = accounts;
  return {
    broker,
    credential: new InteractiveBrowserBrokerCredential({ fallback: "none", ...options, broker }),
  };
}

describe("a login hint that two people share", () => {
  it("is left to the user: no token without UI, and the hint goes to the window", async () => {
    const { broker, credential } = setUp({ loginHint: ada.username }, [ada, namesake]);
    await credential.getToken(scope);
    expect(broker.silent).toEqual([]);
    expect(broker.interactive).toMatchObject([{ loginHint: ada.username }]);
  });

  it("makes an AuthenticationRequiredError where UI is not allowed", async () => {
    const options = { loginHint: ada.username, disableInteractiveFallback: true };
    const { broker, credential } = setUp(options, [ada, namesake]);
    const error: unknown = await credential.getToken(scope).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      name: "AuthenticationRequiredError",
      cause: { code: "interaction_required", reason: "several_accounts" },
    });
    expect((error as Error).message).toContain("several accounts with the user name");
    expect((error as Error).message).not.toContain(ada.username);
    expect(broker.silent).toEqual([]);
  });

  it("means the one of the tenant that is asked", async () => {
    const { broker, credential } = setUp({ loginHint: ada.username, tenantId: tenantB }, [ada, namesake]);
    await credential.getToken(scope);
    expect(broker.silent).toMatchObject([{ account: namesake }]);
  });
});

describe("an account that is listed with each of its tenants", () => {
  it.each([tenantA, tenantB, "organizations"])("is one account for a login hint (%s)", async (tenantId) => {
    const { broker, credential } = setUp({ loginHint: ada.username, tenantId }, [visiting, ada, bob]);
    await credential.getToken(scope);
    expect(broker.silent).toMatchObject([{ account: ada }]);
    expect(broker.interactive).toEqual([]);
  });

  it("is taken in the tenant of its record", async () => {
    for (const [tenantId, account] of [
      [tenantA, ada],
      [tenantB, visiting],
    ] as const) {
      const { broker, credential } = setUp({ authenticationRecord: { ...record, tenantId } }, [
        ada,
        visiting,
      ]);
      await credential.getToken(scope);
      expect(broker.silent).toMatchObject([{ account }]);
    }
  });

  it("stays as its home tenant knows it, whatever tenant a token was for", async () => {
    const { broker, credential } = setUp({ useDefaultBrokerAccount: true });
    broker.alter = (token) => (token.tenantId === tenantB ? { ...token, account: visiting } : token);
    await credential.getToken("a");
    await credential.getToken("a", { tenantId: tenantB });
    await credential.getToken("b");
    expect(broker.silent.map(({ account }) => account)).toEqual([undefined, ada, ada]);
  });

  it("is told by its home tenant once that is known", async () => {
    const { broker, credential } = setUp({ useDefaultBrokerAccount: true });
    broker.alter = (token) => (token.tenantId === tenantB ? { ...token, account: visiting } : token);
    await credential.getToken("a", { tenantId: tenantB });
    broker.alter = (token) => ({ ...token, account: ada });
    await credential.getToken("b");
    await credential.getToken("c");
    expect(broker.silent.map(({ account }) => account)).toEqual([undefined, visiting, ada]);
  });
});

describe("one credential", () => {
  it("is for one account, also when two calls begin with the default account and it changes", async () => {
    const { broker, credential } = setUp({ useDefaultBrokerAccount: true });
    let answers = 0;
    broker.alter = (token) => {
      answers += 1;
      return answers === 2 ? { ...token, account: bob } : token;
    };
    await Promise.all([credential.getToken("a"), credential.getToken("b")]);
    expect(broker.silent.map(({ account }) => account)).toEqual([undefined, undefined, ada]);
    await credential.getToken("c");
    expect(broker.silent.at(-1)).toMatchObject({ account: ada });
  });

  it("takes a personal account's token of another tenant with passthrough alone", async () => {
    const other = "f8cdef31-a31e-4b4a-93e4-5f571e91255a";
    const answer = async (enableMsaPassthrough: boolean) => {
      const options = { useDefaultBrokerAccount: true, tenantId: tenantA, enableMsaPassthrough };
      const { broker, credential } = setUp(options);
      broker.alter = (token) => ({ ...token, tenantId: other });
      return credential.getToken(scope);
    };
    expect(await answer(true)).toMatchObject({ tokenType: "Bearer" });
    await expect(answer(false)).rejects.toMatchObject({ code: "account_mismatch" });
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, undefined])(
    "takes no token that ends at %s",
    async (expiresOn) => {
      const { broker, credential } = setUp({ useDefaultBrokerAccount: true });
      broker.alter = (token) => ({ ...token, expiresOn: expiresOn as number });
      await expect(credential.getToken(scope)).rejects.toMatchObject({ code: "protocol_error" });
    },
  );

  it("finds a record's tokens in memory however the broker writes its id", async () => {
    const authenticationRecord = { ...record, homeAccountId: ada.homeAccountId.toUpperCase() };
    const { broker, credential } = setUp({ authenticationRecord });
    const first = await credential.getToken(scope);
    expect(await credential.getToken(scope)).toEqual(first);
    expect(broker.silent).toHaveLength(1);
  });
});

describe("a broker that does not list its accounts", () => {
  const tolerated: BrokerErrorCode[] = [
    "broker_failed",
    "not_supported",
    "account_not_found",
    "protocol_error",
  ];

  it.each(tolerated)("gives tokens all the same (%s)", async (code) => {
    for (const [options, expected] of [
      [{ loginHint: ada.username }, { loginHint: ada.username }],
      [{ authenticationRecord: record }, { account: { homeAccountId: ada.homeAccountId } }],
    ] as const) {
      const { broker, credential } = setUp(options);
      broker.onAccounts = () => {
        throw failure(code);
      };
      await credential.getToken(scope);
      expect(broker.silent).toMatchObject([expected]);
      expect(broker.interactive).toEqual([]);
    }
  });

  it.each(["broker_unavailable", "keyring_locked"] as const)("lets a chain go on: %s", async (code) => {
    for (const method of ["getToken", "authenticate"] as const) {
      const { broker, credential } = setUp({ authenticationRecord: record });
      broker.onAccounts = () => {
        throw failure(code);
      };
      await expect(credential[method](scope)).rejects.toMatchObject({
        name: "CredentialUnavailableError",
        cause: { code },
      });
      expect(broker.silent).toEqual([]);
    }
  });

  it("stops where it says that it is offline", async () => {
    const { broker, credential } = setUp({ authenticationRecord: record });
    broker.onAccounts = () => {
      throw failure("no_network");
    };
    await expect(credential.getToken(scope)).rejects.toMatchObject({
      name: "BrokerError",
      code: "no_network",
    });
  });

  it("opens the window for the record's account where it wants the user before it lists", async () => {
    for (const method of ["getToken", "authenticate"] as const) {
      const { broker, credential } = setUp({ authenticationRecord: record });
      broker.onAccounts = () => {
        throw failure("interaction_required");
      };
      await credential[method](scope);
      expect(broker.interactive).toMatchObject([{ account: { homeAccountId: ada.homeAccountId } }]);
    }
  });

  it("makes an AuthenticationRequiredError of it where UI is not allowed", async () => {
    const { broker, credential } = setUp({ authenticationRecord: record, disableInteractiveFallback: true });
    broker.onAccounts = () => {
      throw failure("interaction_required");
    };
    await expect(credential.getToken(scope)).rejects.toMatchObject({ name: "AuthenticationRequiredError" });
  });
});

describe("a login hint", () => {
  it.each([
    ["of a known account", ada.username, [ada, bob]],
    ["of nobody known", "carol@contoso.example", []],
  ])("%s is a start: whoever signs in in the window is the account", async (_, loginHint, accounts) => {
    const { broker, credential } = setUp({ loginHint }, accounts);
    broker.onSilent = ({ account }) => {
      if (account?.username !== bob.username) throw failure("interaction_required");
    };
    broker.picks = bob;
    broker.alter = (token) => ({ ...token, account: bob });
    await credential.getToken(scope);
    expect(broker.interactive).toMatchObject([{ loginHint }]);
    await credential.getToken("https://graph.microsoft.com/.default");
    expect(broker.interactive).toHaveLength(1);
    expect(broker.silent.at(-1)).toMatchObject({ account: bob });
  });

  it("takes nobody else's token without a window", async () => {
    const { broker, credential } = setUp({
      loginHint: "carol@contoso.example",
      disableInteractiveFallback: true,
    });
    broker.accounts = [];
    broker.onSilent = () => {
      broker.accounts = [{ ...ada, username: "carol@contoso.example" }];
    };
    broker.alter = (token) => ({ ...token, account: bob });
    await expect(credential.getToken(scope)).rejects.toMatchObject({
      name: "AuthenticationRequiredError",
      code: "account_not_found",
    });
  });
});

describe("nobody to ask for, and no UI allowed", () => {
  const options = { useDefaultBrokerAccount: true, disableInteractiveFallback: true };
  const wantsUser = () => {
    throw failure("interaction_required");
  };

  it("is told from a user who is needed by the broker's list", async () => {
    const { broker, credential } = setUp(options, []);
    broker.onSilent = wantsUser;
    await expect(credential.getToken(scope)).rejects.toMatchObject({
      name: "CredentialUnavailableError",
      code: "account_not_found",
      reason: "not_signed_in",
      message: expect.stringContaining("Nobody is signed in"),
    });
    broker.accounts = [ada];
    await expect(credential.getToken(scope)).rejects.toMatchObject({
      name: "AuthenticationRequiredError",
      code: "interaction_required",
    });
  });

  it("keeps what the broker said where it does not list", async () => {
    const { broker, credential } = setUp(options, []);
    broker.onSilent = wantsUser;
    broker.onAccounts = () => {
      throw failure("not_supported");
    };
    await expect(credential.getToken(scope)).rejects.toMatchObject({
      name: "AuthenticationRequiredError",
      code: "interaction_required",
    });
  });

  it("is left to an app that authenticates by itself", async () => {
    const { broker, credential } = setUp({ ...options, disableAutomaticAuthentication: true }, []);
    broker.onSilent = wantsUser;
    await expect(credential.getToken(scope)).rejects.toMatchObject({ name: "AuthenticationRequiredError" });
  });

  it.each([
    ["nobody is known", {}, "AuthenticationRequiredError"],
    [
      "the hinted user is not signed in",
      { loginHint: "carol@contoso.example" },
      "AuthenticationRequiredError",
    ],
    ["the recorded user is not signed in", { authenticationRecord: record }, "AuthenticationRequiredError"],
    ["there is no default account", { useDefaultBrokerAccount: true }, "CredentialUnavailableError"],
  ])("%s: %j", async (_, options, name) => {
    const { broker, credential } = setUp({ ...options, disableInteractiveFallback: true }, []);
    await expect(credential.getToken(scope)).rejects.toMatchObject({ name });
    expect(broker.interactive).toEqual([]);
  });
});

it("AD FS has one tenant, whatever a call asks for", async () => {
  const { broker, credential } = setUp({ useDefaultBrokerAccount: true, tenantId: "adfs" });
  await credential.getToken(scope, { tenantId: tenantB });
  expect(broker.silent).toMatchObject([{ authority: "https://login.microsoftonline.com/adfs" }]);
});
