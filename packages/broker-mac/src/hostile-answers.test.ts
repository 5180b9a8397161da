import type { BrokerToken } from "@x/broker-contract";
import { describe, expect, it } from "vitest";
import { brokerOn, request, requestForAccount, usualExtension } from "./testing/protocol/broker.js";
import { chain } from "./testing/protocol/fake-extension.js";
import {
  account,
  accountsAnswer,
  answer,
  clientId,
  errorAnswer,
  extensionAccount,
  homeAccountId,
  tokenAnswer,
} from "./testing/protocol/people.js";

/** What no extension should put into a field. */
const hostile = [
  "",
  " ",
  "0",
  "-1",
  "1e400",
  "NaN",
  "null",
  "{",
  "[]",
  '{"__proto__":{"x":1}}',
  "%E0%A4%A",
  "\ud800",
  "a.b.c",
  "..",
  "x".repeat(100_000),
  `${"[".repeat(5_000)}${"]".repeat(5_000)}`,
  "2".repeat(400),
];

/** Whatever comes of a call: a value, or one of our errors. Anything else fails. */
async function outcome<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    expect((error as Error).name, String((error as Error).stack)).toBe("BrokerError");
    expect((error as Error).message.length).toBeLessThan(3_000);
    return undefined;
  }
}

function checkToken(token: BrokerToken | undefined): void {
  if (token === undefined) return;
  expect(token.account.homeAccountId).toBe(homeAccountId);
  expect(token.accessToken).not.toBe("");
  expect(token.expiresOn).toBeGreaterThan(Date.now());
}

describe("whatever an answer holds, it ends in a checked value or in an error of ours", () => {
  it.each(Object.keys(tokenAnswer()))("in a token's %s", async (name) => {
    for (const value of hostile) {
      const extension = usualExtension().on("refresh", tokenAnswer({ [name]: value }));
      checkToken(await outcome(brokerOn(extension).acquireTokenSilently(requestForAccount)));
    }
  });

  it.each(["error", "error_description", "suberror", "error_codes", "claims", "broker_version"])(
    "in an error's %s",
    async (name) => {
      for (const value of hostile) {
        const extension = usualExtension().on("login", errorAnswer({ error: "x", [name]: value }));
        expect(await outcome(brokerOn(extension).acquireTokenInteractively(request))).toBeUndefined();
      }
    },
  );

  it.each(Object.keys(extensionAccount()))("in an account's %s", async (name) => {
    for (const value of [...hostile, null, 5, [], {}]) {
      const extension = usualExtension().on(
        "get_accounts_operation",
        accountsAnswer([extensionAccount({ [name]: value })]),
      );
      const accounts = (await outcome(brokerOn(extension).getAccounts({ clientId }))) ?? [];
      for (const { homeAccountId: id, localAccountId, tenantId, environment, username } of accounts)
        for (const text of [id, localAccountId, tenantId, environment, username]) expect(text).not.toBe("");
    }
  });

  it("in what stands for JSON", async () => {
    for (const value of hostile) {
      const extension = usualExtension()
        .on("get_accounts_operation", answer("operation_get_accounts_response", { accounts: value }))
        .on("get_sso_cookies", answer("operation_get_sso_cookies_response", { sso_cookies: value }));
      const broker = brokerOn(extension);
      await outcome(broker.getAccounts({ clientId }));
      await outcome(
        broker.acquireSsoCookies({
          clientId,
          authority: request.authority,
          ssoUrl: "https://login.microsoftonline.com/",
          account: account(),
        }),
      );
    }
  });

  it("in an NSError", async () => {
    const keys = [
      "OAuthErrorKey",
      "OAuthSubErrorKey",
      "STSErrorCodesKey",
      "HTTPResponseCodeKey",
      "InternalErrorCodeKey",
    ];
    for (const value of hostile) {
      const userInfo = Object.fromEntries(keys.map((key) => [`MSAL${key}`, value]));
      for (const domain of ["MSALErrorDomain", value]) {
        const extension = usualExtension().on(
          "login",
          chain({ domain, code: -50000, userInfo, localizedDescription: value }),
        );
        expect(await outcome(brokerOn(extension).acquireTokenInteractively(request))).toBeUndefined();
      }
    }
  });
});
