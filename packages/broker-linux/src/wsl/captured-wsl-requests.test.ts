import type { Broker, InteractiveTokenRequest, SilentTokenRequest } from "@x/broker-contract";
import { canonicalJson, type JsonValue } from "@x/broker-protocol";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { testData } from "../testing/protocol/captures.js";
import { FakeWsl } from "../testing/protocol/fake-wsl.js";
import { differingPaths } from "../testing/protocol/json-paths.js";
import { account, clientId, nativeAccount, willingAnswer } from "../testing/protocol/people.js";

interface CapturedRun {
  readonly argvWithoutRequest: readonly string[];
  readonly requestJson: unknown;
  readonly requestRawLength: number;
}
const captured = testData<CapturedRun[]>("wsl-proxy-calls.json");

/** One difference on purpose; a path that ends in a dot is a prefix of paths. */
interface IntendedDifference {
  readonly path: string;
  readonly methods: RegExp;
  readonly reason: string;
}

const intendedDifferences: readonly IntendedDifference[] = [
  {
    path: "authParameters.additionalQueryParametersForAuthorization.x-client-xtra-sku",
    methods: /^acquireToken/,
    reason: "Names this package and its version: it does not pass itself off as Microsoft's client.",
  },
  {
    path: "authParameters.redirectUri",
    methods: /^acquireToken/,
    reason: "Windows' broker wants its own redirect URI; the recorded app passed the one for Linux.",
  },
  {
    path: "authParameters.onboardingBlob",
    methods: /^acquireTokenInteractively$/,
    reason: "Telemetry of Microsoft's own app steps; other clients do without.",
  },
];

const common = "https://login.microsoftonline.com/common";
const names = { familyName: "", givenName: "" };
/** The account as Microsoft's client had it in its memory: from a token, without first and last name. */
const cached = account({ environment: "login.microsoftonline.com", ...names });

type Wish = (broker: Broker, correlationId: string) => Promise<unknown>;

const silent =
  (changes: Partial<SilentTokenRequest>): Wish =>
  (broker, correlationId) =>
    broker.acquireTokenSilently(
      { authority: common, clientId, scopes: ["User.Read", "Mail.Read"], ...changes },
      { correlationId },
    );
const interactive =
  (changes: Partial<InteractiveTokenRequest>): Wish =>
  (broker, correlationId) =>
    broker.acquireTokenInteractively(
      { authority: common, clientId, scopes: ["User.Read", "Mail.Read"], ...changes },
      { correlationId },
    );

/** The wish behind a captured run, read off its method and what only the recording program can have chosen. */
function wishOf({ argvWithoutRequest, requestJson }: CapturedRun): Wish {
  const { authParameters: asked } = requestJson as { authParameters?: Record<string, unknown> };
  const claims = asked?.["decodedClaims"];
  const pop = asked?.["popParams"] as Record<string, string> | null | undefined;
  switch (argvWithoutRequest[2]) {
    case "ping":
      return (broker, correlationId) => broker.probe({ correlationId });
    case "getAccounts":
      return (broker, correlationId) => broker.getAccounts({ clientId }, { correlationId });
    case "signOutSilently":
      return (broker, correlationId) => broker.signOut({ clientId, account: cached }, { correlationId });
    case "acquireTokenInteractively": {
      const { handle } = (asked?.["parentWindow"] ?? { handle: 1 }) as { handle: number };
      return interactive({
        parentWindow: BigInt(handle),
        ...(typeof claims === "string" && { claims }),
      });
    }
    case "acquireTokenSilently":
      // The first one is SignInSilently, which chose the broker's only account by itself.
      if (asked?.["authority"] === common) return silent({});
      return silent({
        account: cached,
        ...(typeof claims === "string" && { claims }),
        ...(pop != null && {
          proofOfPossession: {
            resourceRequestMethod: pop["httpMethod"] ?? "",
            resourceRequestUrl: `https://${pop["uriHost"]}${pop["uriPath"]}`,
            nonce: pop["nonce"] ?? "",
          },
        }),
      });
    default:
      throw new Error("No such method.");
  }
}

const shown = new Set<IntendedDifference>();

function isIntended(path: string, method: string): boolean {
  const found = intendedDifferences.find(
    (one) =>
      one.methods.test(method) && (one.path.endsWith(".") ? path.startsWith(one.path) : path === one.path),
  );
  if (found !== undefined) shown.add(found);
  return found !== undefined;
}

describe("the proxy is started as Microsoft's client starts it", () => {
  let wsl: FakeWsl;
  const made: FakeWsl[] = [];
  beforeEach(() => {
    wsl = new FakeWsl();
    made.push(wsl);
    wsl.onJson("getAccounts", { accounts: [nativeAccount()] });
    wsl.onJson("signOutSilently", { isSignOutComplete: true });
    for (const method of ["acquireTokenSilently", "acquireTokenInteractively"]) {
      wsl.on(method, (run) => {
        const { popParams } = FakeWsl.request(run)["authParameters"] as { popParams: unknown };
        return willingAnswer(popParams === null ? {} : { accessTokenType: 1 });
      });
    }
  });
  afterAll(() => {
    for (const one of made) one.remove();
  });

  const calls = captured.filter(
    ({ argvWithoutRequest }) => argvWithoutRequest[2] !== "cancelInteractiveFlow",
  );

  it.each(calls.map((run, index) => ({ name: `${index} ${run.argvWithoutRequest[2]}`, run })))(
    "$name",
    async ({ run }) => {
      const [, , method = "", , version, , correlationId = ""] = run.argvWithoutRequest;
      await wishOf(run)(wsl.broker(), correlationId);
      const ours = wsl.runsOf(method);
      expect(ours).toHaveLength(1);
      const args = ours[0]?.args ?? [];
      expect(args.slice(0, 7)).toEqual(run.argvWithoutRequest.slice(1));
      expect(args).toHaveLength(8);
      expect(args[3]).toBe(version);
      if (typeof run.requestJson === "string") {
        expect(args[7]).toBe(run.requestJson);
        return;
      }
      const paths = differingPaths(JSON.parse(args[7] ?? ""), run.requestJson);
      expect(paths.filter((path) => !isIntended(path, method))).toEqual([]);
    },
  );

  it("a cancelled flow is told to the broker with the captured body, under the flow's own id", async () => {
    const cancel = captured.find((run) => run.argvWithoutRequest[2] === "cancelInteractiveFlow");
    wsl.on("acquireTokenInteractively", new Promise<never>(() => {}));
    const stop = new AbortController();
    const call = wsl
      .broker()
      .acquireTokenInteractively(
        { authority: common, clientId, scopes: ["User.Read"] },
        { abortSignal: stop.signal },
      );
    await expect.poll(() => wsl.runsOf("acquireTokenInteractively")).toHaveLength(1);
    stop.abort();
    await expect(call).rejects.toMatchObject({ name: "AbortError" });
    const [flow] = wsl.runsOf("acquireTokenInteractively");
    const [ours] = wsl.runsOf("cancelInteractiveFlow");
    expect(ours?.args.filter((_arg, index) => index !== 5)).toEqual([
      ...(cancel?.argvWithoutRequest.slice(1) ?? []).filter((_arg, index) => index !== 5),
      canonicalJson(cancel?.requestJson as JsonValue),
    ]);
    // Microsoft's client makes up another id, under which nobody can find the flow.
    expect(ours?.args[5]).toBe(flow?.args[5]);
    expect(flow?.options.signal?.aborted).toBe(true);
  });

  it("writes requests as long as the captured ones: compact", () => {
    const json = captured.filter((run) => typeof run.requestJson === "object");
    expect(json.length).toBeGreaterThan(15);
    for (const run of json) {
      expect(canonicalJson(run.requestJson as JsonValue)).toHaveLength(run.requestRawLength);
    }
  });

  it("lists no intended difference that does not occur", () => {
    expect(intendedDifferences.filter((one) => !shown.has(one))).toEqual([]);
  });
});
