import { inspect } from "node:util";
import type { BrokerLogger } from "@x/broker-contract";
import { describe, expect, it } from "vitest";
import { brokerIn, failure, request } from "./testing/broker.js";
import { nativeError, type WamAnswer } from "./testing/fake-wam.js";
import {
  account,
  clientId,
  clientInfo,
  idTokenOf,
  jane,
  jwt,
  objectId,
  personalResponse,
  tenantId,
  username,
  workResponse,
} from "./testing/people.js";

const accessToken = jwt({ n: "secret", tid: tenantId, oid: objectId });
const refreshToken = `0.AXoA${"r".repeat(40)}`;
const claims = '{"access_token":{"who":{"value":"claims-of-somebody"}}}';
const secrets = [
  accessToken,
  idTokenOf(),
  refreshToken,
  "old-token",
  "fake-transfer-code",
  clientInfo(objectId, tenantId),
];
const personal = [username, "Jane Roe", "Jane", "Roe", "somebody", "aad-web-account-id"];

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

const chatter = `user ${username} (Jane Roe) token ${accessToken} rt ${refreshToken}`;
const eve = clientInfo("eeeeeeee-0000-4000-8000-000000000000", tenantId);

const answers: [string, WamAnswer | Error][] = [
  ["a token", { status: 0, responses: [workResponse({}, { token: accessToken })] }],
  [
    "another user's token",
    { status: 0, responses: [workResponse({ wamcompat_client_info: eve }, { token: accessToken })] },
  ],
  [
    "too few scopes",
    { status: 0, responses: [workResponse({ wamcompat_scopes: "x" }, { token: accessToken })] },
  ],
  [
    "a token instead of client info",
    { status: 0, responses: [workResponse({ wamcompat_client_info: accessToken }, { token: accessToken })] },
  ],
  ["a chatty error", { status: 5, error: { code: 0xcaa90018, message: chatter } }],
  ["a chatty refusal", { status: 3, error: { code: 0xcaa2000c, message: chatter } }],
  ["a chatty failure", nativeError("failed", { hresult: 0x80004005, stage: "x", message: chatter })],
  ["a failure with a chatty stage", nativeError("failed", { hresult: 1, stage: chatter })],
  [
    "an answer of the other plug-in",
    { status: 0, responses: [personalResponse({ access_token: accessToken })] },
  ],
];

/** Everything that might end up in somebody's log of an error. */
function shown(error: Error): string {
  return [error.message, error.stack, JSON.stringify(error), inspect(error, { depth: 10 })].join("\n");
}

describe("tokens and names stay out of logs and errors", () => {
  it.each(answers)("after %s", async (_what, answer) => {
    for (const method of ["acquireTokenSilently", "acquireTokenInteractively"] as const) {
      for (const whose of [{ account: account() }, { loginHint: username }]) {
        const { broker } = brokerIn({ silent: answer, window: answer });
        const logger = new Everything();
        const input = request({ ...whose, claims, forceRefresh: true, accessTokenToRenew: "old-token" });
        const outcome = await broker[method](input, { logger }).catch((error: Error) => shown(error));
        const texts = [...logger.lines, ...(typeof outcome === "string" ? [outcome] : [])].join("\n");
        expect(logger.lines.length).toBeGreaterThan(1);
        for (const secret of [...secrets, ...personal]) expect(texts).not.toContain(secret);
      }
    }
  });

  it("in a list, a sign-out and a transfer neither", async () => {
    const { broker } = brokerIn({ defaultKind: "consumers" });
    const logger = new Everything();
    const [first = account()] = await broker.getAccounts({ clientId }, { logger });
    await broker.acquireTokenSilently(request({ msaPassthrough: true }), { logger });
    await broker.signOut({ clientId, account: first }, { logger });
    const failed = brokerIn({
      first: () => nativeError("failed", { message: chatter, stage: "x", hresult: 1 }),
    });
    const error = await failure(failed.broker.getAccounts({ clientId }, { logger }));
    const texts = [...logger.lines, shown(error)].join("\n");
    expect(logger.lines.length).toBeGreaterThan(5);
    // Nobody told the names of a list that failed.
    for (const secret of [...secrets, username]) expect(texts).not.toContain(secret);
  });

  it("of an account that was found in between neither", async () => {
    const strange = jane({ userName: "j.roe@else.example", properties: { DisplayName: "Zoë Quux" } });
    const { broker } = brokerIn({
      accounts: [strange],
      silent: { status: 5, error: { code: 1, message: "Zoë Quux may not" } },
    });
    const error = await failure(broker.acquireTokenSilently(request({ loginHint: "j.roe@else.example" })));
    expect(error.message).toContain("[user] may not");
    expect(shown(error)).not.toContain("Quux");
  });

  it("names a user only where the user asked for that, and a token never", async () => {
    const { broker } = brokerIn({ response: () => workResponse({}, { token: accessToken }) });
    const logger = new Everything(true);
    await broker.acquireTokenSilently(request({ account: account() }), { logger });
    const texts = logger.lines.join("\n");
    expect(texts).toContain(username);
    for (const secret of secrets) expect(texts).not.toContain(secret);
  });
});
