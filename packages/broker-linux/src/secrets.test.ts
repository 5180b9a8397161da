import { inspect } from "node:util";
import type { BrokerLogger } from "@x/broker-contract";
import { describe, expect, it } from "vitest";
import { brokerOn, failure, request } from "./testing/protocol/broker.js";
import { busError, FakeBus } from "./testing/protocol/fake-bus.js";
import {
  accessTokenOf,
  account,
  clientId,
  clientInfo,
  idTokenOf,
  nativeAccount,
  objectId,
  otherNativeAccount,
  tenantId,
  tokenAnswer,
  username,
  willingAnswer,
} from "./testing/protocol/people.js";

const accessToken = accessTokenOf({ n: "secret" });
const cookie = "c00kie".repeat(20);
const refreshToken = `0.AXoA${"r".repeat(40)}`;
const claims = '{"access_token":{"who":{"value":"claims-of-somebody"}}}';
const secrets = [accessToken, idTokenOf(), cookie, refreshToken, "old-token", clientInfo(objectId, tenantId)];
const personal = [username, "Test User", "Test", "somebody"];

class Everything implements BrokerLogger {
  readonly lines: string[] = [];
  readonly errors: string[] = [];
  readonly includePersonalData: boolean;
  constructor(includePersonalData = false) {
    this.includePersonalData = includePersonalData;
  }
  readonly info = (line: string) => void this.lines.push(line);
  readonly error = (line: string) => {
    this.info(line);
    this.errors.push(line);
  };
  readonly warning = this.info;
  readonly verbose = this.info;
}

const chatter = `user ${username} (Test User) token ${accessToken} rt ${refreshToken}`;
const answers: [string, ConstructorParameters<typeof Error>[0] | Error | object][] = [
  ["a token", willingAnswer({ accessToken })],
  [
    "another user's token",
    tokenAnswer({ accessToken, clientInfo: undefined, account: otherNativeAccount() }),
  ],
  ["too few scopes", tokenAnswer({ accessToken, grantedScopes: "x" })],
  ["an expired token", tokenAnswer({ accessToken: accessTokenOf({ exp: 1, n: "secret" }) })],
  [
    "a chatty error",
    { brokerTokenResponse: { error: { context: chatter, status: 2, diagnostics: { a: chatter } } } },
  ],
  ["a chatty raw error code", { error: { status: 0, diagnostics: { raw_error_code: chatter } } }],
  ["a token that is no answer", `"${accessToken}"`],
  ["a broken answer", `{"brokerTokenResponse":{"accessToken":"${accessToken}"`],
  ["a chatty D-Bus error", busError("Failed", chatter)],
  ["a token instead of client info", tokenAnswer({ accessToken, clientInfo: accessToken })],
];

/** Everything that might end up in somebody's log of an error. */
function shown(error: Error): string {
  return [error.message, error.stack, JSON.stringify(error), inspect(error, { depth: 10 })].join("\n");
}

describe("tokens, cookies and names stay out of logs and errors", () => {
  it.each(answers)("after %s", async (_what, answer) => {
    for (const method of ["acquireTokenSilently", "acquireTokenInteractively"] as const) {
      const bus = new FakeBus().onJson("getAccounts", { accounts: [nativeAccount()] });
      bus.on(method, answer instanceof Error || typeof answer === "string" ? answer : JSON.stringify(answer));
      const logger = new Everything();
      const input = {
        ...request,
        account: account(),
        claims,
        forceRefresh: true,
        accessTokenToRenew: "old-token",
      };
      const outcome = await brokerOn(bus)
        [method](input, { logger })
        .catch((error: Error) => shown(error));
      const texts = [...logger.lines, ...(typeof outcome === "string" ? [outcome] : [])].join("\n");
      expect(texts).not.toBe("");
      for (const secret of [...secrets, ...personal]) expect(texts).not.toContain(secret);
    }
  });

  it("cookies and signed requests neither", async () => {
    const bus = new FakeBus().onJson("getAccounts", { accounts: [nativeAccount()] });
    bus.onJson("acquirePrtSsoCookie", { cookieName: "x", cookieContent: cookie });
    bus.onJson("generateSignedHttpRequest", { signedHttpRequest: accessToken });
    const logger = new Everything();
    const broker = brokerOn(bus);
    await broker.acquireSsoCookies(
      {
        clientId,
        authority: request.authority,
        ssoUrl: "https://login.microsoftonline.com/?sso_nonce=old-token",
      },
      { logger },
    );
    await broker.signHttpRequest(
      {
        clientId,
        account: account(),
        proofOfPossession: { resourceRequestMethod: "GET", resourceRequestUrl: "https://example.com/" },
      },
      { logger },
    );
    await broker.getAccounts({ clientId }, { logger });
    const texts = logger.lines.join("\n");
    expect(logger.lines.length).toBeGreaterThan(3);
    for (const secret of [...secrets, ...personal]) expect(texts).not.toContain(secret);
  });

  it("names a user only where the user asked for that, and a token never", async () => {
    const bus = new FakeBus().onJson("getAccounts", { accounts: [nativeAccount()] });
    bus.on("acquireTokenSilently", willingAnswer({ accessToken }));
    const logger = new Everything(true);
    await brokerOn(bus).acquireTokenSilently(request, { logger });
    const texts = logger.lines.join("\n");
    expect(texts).toContain(username);
    for (const secret of secrets) expect(texts).not.toContain(secret);
  });

  it.each([
    [2, 0],
    [7, 0],
    [0, 1],
  ])("status %i, if it belongs to a normal sign-in, is not logged as an error", async (status, errors) => {
    const bus = new FakeBus().onJson("acquireTokenSilently", { error: { status } });
    const logger = new Everything();
    await failure(brokerOn(bus).acquireTokenSilently({ ...request, account: account() }, { logger }));
    expect(logger.errors).toHaveLength(errors);
    expect(logger.lines.at(-1)).toContain("ERROR");
  });

  it("what was asked, how long it took and the correlation id are there", async () => {
    const bus = new FakeBus().on("getAccounts", busError("LimitsExceeded"));
    const logger = new Everything();
    const correlationId = "6f0c1a52-0000-4000-8000-000000000001";
    await failure(brokerOn(bus).getAccounts({ clientId }, { logger, correlationId }));
    expect(logger.lines.at(-1)).toMatch(/^getAccounts => ERROR temporarily_unavailable after \d+ ms\./);
    expect(logger.lines.at(-1)).toContain(correlationId);
  });
});
