import { inspect } from "node:util";
import type { BrokerLogger } from "@x/broker-contract";
import { describe, expect, it } from "vitest";
import { brokerOn, failure, request, requestForAccount, usualExtension } from "./testing/protocol/broker.js";
import { chain, type FakeAnswer, nativeError } from "./testing/protocol/fake-extension.js";
import {
  accessTokenOf,
  answer,
  clientId,
  clientInfo,
  errorAnswer,
  idTokenOf,
  objectId,
  tenantId,
  tokenAnswer,
  username,
} from "./testing/protocol/people.js";

const accessToken = accessTokenOf({ n: "secret" });
const cookie = "c00kie".repeat(20);
const refreshToken = `0.AXoA${"r".repeat(40)}`;
const claims = '{"access_token":{"who":{"value":"claims-of-somebody"}}}';
const secrets = [accessToken, idTokenOf(), cookie, refreshToken, "old-token", clientInfo(objectId, tenantId)];
const personal = [username, "Test User", "Test", "somebody"];

class Everything implements BrokerLogger {
  readonly lines: string[] = [];
  readonly includePersonalData: boolean;
  constructor(includePersonalData = false) {
    this.includePersonalData = includePersonalData;
  }
  readonly info = (line: string) => void this.lines.push(line);
  readonly error = this.info;
  readonly warning = this.info;
  readonly verbose = this.info;
}

const chatter = `user ${username} (Test User) token ${accessToken} rt ${refreshToken}`;
const asApple = { domain: "com.apple.AuthenticationServices.AuthorizationError", code: -6000 };
const chatty = {
  MSALErrorDescriptionKey: chatter,
  MSALOAuthErrorKey: chatter,
  MSALOAuthSubErrorKey: chatter,
  MSALBrokerVersionKey: chatter,
  MSALDisplayableUserIdKey: username,
  MSALInvalidTokenResultKey: accessToken,
};
const answers: [string, FakeAnswer][] = [
  ["a token", tokenAnswer({ access_token: accessToken, refresh_token: refreshToken })],
  [
    "somebody else's token",
    tokenAnswer({ access_token: accessToken, client_info: clientInfo(tenantId, objectId) }),
  ],
  ["too few scopes", tokenAnswer({ access_token: accessToken, scope: "x" })],
  ["a token that has ended", tokenAnswer({ access_token: accessTokenOf({ exp: 1, n: "secret" }) })],
  ["a chatty answer", errorAnswer({ error: chatter, suberror: chatter, error_description: chatter })],
  ["an encoded one", errorAnswer({ error: "x", error_description: encodeURIComponent(chatter) })],
  ["a chatty NSError", chain(asApple, { domain: "MSALErrorDomain", code: -50000, userInfo: chatty })],
  [
    "a localized one",
    chain(asApple, { domain: `MSALErrorDomain ${chatter}`, code: 1, localizedDescription: chatter }),
  ],
  ["a localized one of macOS", chain({ ...asApple, code: 1004, localizedDescription: chatter })],
  ["an answer of another type", answer(accessToken, { access_token: accessToken })],
  ["an answer that is none", { [accessToken]: chatter }],
  ["a strange credential", nativeError("unexpected_credential", { className: chatter })],
  ["an exception", nativeError("platform_exception", { exceptionName: chatter })],
];

/** Everything that might end up in somebody's log of an error. */
function shown(error: Error): string {
  return [error.message, error.stack, JSON.stringify(error), inspect(error, { depth: 10 })].join("\n");
}

describe("tokens, cookies and names stay out of logs and errors", () => {
  it.each(answers)("after %s", async (_what, told) => {
    for (const [operation, method] of [
      ["refresh", "acquireTokenSilently"],
      ["login", "acquireTokenInteractively"],
    ] as const) {
      const extension = usualExtension().on(operation, told);
      const logger = new Everything();
      const input = { ...requestForAccount, claims, forceRefresh: true, accessTokenToRenew: "old-token" };
      const outcome = await brokerOn(extension)
        [method](input, { logger })
        .catch((error: Error) => shown(error));
      const texts = [...logger.lines, ...(typeof outcome === "string" ? [outcome] : [])].join("\n");
      expect(texts).not.toBe("");
      for (const secret of [...secrets, ...personal]) {
        expect(texts.includes(secret), `${secret.slice(0, 10)}… was told`).toBe(false);
      }
    }
  });

  it("nor do the names of an account that was chosen among the broker's", async () => {
    const told = errorAnswer({ error: "x", error_description: "Test User has to call" });
    const error = await failure(brokerOn(usualExtension().on("refresh", told)).acquireTokenSilently(request));
    expect(shown(error)).toContain("[user] has to call");
    expect(shown(error)).not.toContain("Test User");
  });

  it("the token to renew is not sent anywhere", async () => {
    const extension = usualExtension();
    await brokerOn(extension).acquireTokenSilently({
      ...requestForAccount,
      forceRefresh: true,
      accessTokenToRenew: "old-token",
    });
    expect(JSON.stringify(extension.requests.map(({ options }) => options))).not.toContain("old-token");
  });

  it("cookies neither", async () => {
    const headers = [{ header: { "x-ms-RefreshTokenCredential": cookie } }];
    const extension = usualExtension().on(
      "get_sso_cookies",
      answer("operation_get_sso_cookies_response", { sso_cookies: JSON.stringify({ prt_headers: headers }) }),
    );
    const logger = new Everything();
    const ssoUrl = "https://login.microsoftonline.com/?sso_nonce=old-token";
    const broker = brokerOn(extension);
    await broker.acquireSsoCookies({ clientId, authority: request.authority, ssoUrl }, { logger });
    await broker.getAccounts({ clientId }, { logger });
    const texts = logger.lines.join("\n");
    expect(logger.lines.length).toBeGreaterThan(1);
    for (const secret of [...secrets, ...personal]) expect(texts).not.toContain(secret);
  });

  it("names a user only where the user asked for that, and a token never", async () => {
    const logger = new Everything(true);
    const extension = usualExtension().on("refresh", tokenAnswer({ access_token: accessToken }));
    await brokerOn(extension).acquireTokenSilently(request, { logger });
    const texts = logger.lines.join("\n");
    expect(texts).toContain(username);
    for (const secret of secrets) expect(texts).not.toContain(secret);
  });

  it("what was asked, how long it took and the correlation id are there", async () => {
    const logger = new Everything();
    const correlationId = "6f0c1a52-0000-4000-8000-000000000001";
    const extension = usualExtension().on("get_accounts_operation", errorAnswer({ error: "server_error" }));
    await failure(brokerOn(extension).getAccounts({ clientId }, { logger, correlationId }));
    expect(logger.lines.at(-1)).toMatch(/^getAccounts => ERROR temporarily_unavailable after \d+ ms\./);
    expect(logger.lines.at(-1)).toContain(correlationId);
  });
});
