import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { brokerOn } from "./testing/protocol/broker.js";
import { FakeExtension } from "./testing/protocol/fake-extension.js";
import { type IntendedDifference, intendedDifferences } from "./testing/protocol/intended-differences.js";
import { account, tokenAnswer } from "./testing/protocol/people.js";

interface LoggedRequest {
  readonly operation: "login" | "refresh";
  readonly options: Readonly<Record<string, string>>;
}

const file = new URL("../test-data/logged-requests.json", import.meta.url);
const logged = (JSON.parse(readFileSync(file, "utf8")) as { requests: LoggedRequest[] }).requests;

/** The app whose requests were logged: a bundle that a team signed. */
const caller = { bundleIdentifier: "com.microsoft.idnaace.MSALMacOS", teamIdentifier: "UBF8T346G9" };

/** Our request for the wish behind a logged one. */
async function ours({ operation, options }: LoggedRequest) {
  const extension = new FakeExtension().on(operation, () => tokenAnswer());
  extension.identity = caller;
  const broker = brokerOn(extension);
  const wish = {
    authority: "https://login.microsoftonline.com/common",
    clientId: options["client_id"] ?? "",
    scopes: [options["scope"] ?? ""],
  };
  const correlationId = (options["correlation_id"] ?? "").toLowerCase();
  const home = options["home_account_id"] ?? "";
  const [uid = "", utid = ""] = home.split(".");
  const call =
    operation === "login"
      ? broker.acquireTokenInteractively({ ...wish, prompt: "select_account" }, { correlationId })
      : broker.acquireTokenSilently(
          {
            ...wish,
            account: account({
              home_account_id: home,
              local_account_id: uid,
              realm: utid,
              username: options["username"],
            }),
          },
          { correlationId },
        );
  // Whose token the fake extension gives does not matter here: only what was asked does.
  await call.catch((error: Error & { code?: string }) => expect(error.code).toBe("account_mismatch"));
  const [request] = extension.requests;
  if (request === undefined) throw new Error("Nothing was asked.");
  return request;
}

function differences(
  own: Readonly<Record<string, string>>,
  theirs: Readonly<Record<string, string>>,
): Pick<IntendedDifference, "option" | "kind">[] {
  const names = [...new Set([...Object.keys(own), ...Object.keys(theirs)])].sort();
  return names.flatMap((option): Pick<IntendedDifference, "option" | "kind">[] => {
    if (own[option] === theirs[option]) return [];
    if (theirs[option] === undefined) return [{ option, kind: "added" }];
    return [{ option, kind: own[option] === undefined ? "left out" : "other value" }];
  });
}

describe("requests equal those that Microsoft's client was seen to send, option by option", () => {
  it.each(logged)("$operation, but for what differs on purpose", async (one) => {
    const request = await ours(one);
    expect(request.operation).toBe(one.operation);
    const expected = intendedDifferences.map(({ option, kind }) => ({ option, kind }));
    expect(differences(request.options, one.options)).toEqual(
      expected.sort((a, b) => (a.option < b.option ? -1 : 1)),
    );
  });

  it.each(logged)("$operation goes to the extension as Microsoft's client sends it", async (one) => {
    const { native } = await ours(one);
    expect(native.identityProviderUrl).toBe("https://login.microsoftonline.com/common");
    expect(native.userInterfaceEnabled).toBe(one.operation === "login");
    const names = native.options.map(([name]) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const [, value] of native.options) expect(typeof value).toBe("string");
  });
});
