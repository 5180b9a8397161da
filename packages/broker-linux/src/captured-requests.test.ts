import type { InteractiveTokenRequest, Prompt, SilentTokenRequest } from "@x/broker-contract";
import { canonicalJson, type JsonValue } from "@x/broker-protocol";
import { describe, expect, it } from "vitest";
import type { createLinuxBroker } from "./index.js";
import { brokerOn } from "./testing/protocol/broker.js";
import { type CapturedCall, type CapturedScenario, scenarios } from "./testing/protocol/captures.js";
import { FakeBus } from "./testing/protocol/fake-bus.js";
import { intendedCalls, intendedDifferences } from "./testing/protocol/intended-differences.js";
import { differingPaths } from "./testing/protocol/json-paths.js";
import { account, clientId, nativeAccount, tenantId, willingAnswer } from "./testing/protocol/people.js";

const common = "https://login.microsoftonline.com/common";
const hint = "hint@contoso.example";
const direct = scenarios("runtime-direct-calls.json");
const plugin = scenarios("msal-node-plugin-calls.json");
const pop = scenarios("pop-tests.json");

type Broker = ReturnType<typeof createLinuxBroker>;

/** The wish behind a captured call, as our API tells it, and the captured call it must equal. */
interface Replay {
  readonly name: string;
  readonly scenario: string;
  readonly captured: readonly CapturedCall[];
  /** Whether the call of ours that counts ends in an error (of the answer, not of the request). */
  readonly wish: (broker: Broker, correlationId: string) => Promise<unknown>;
}

/** The account as Microsoft's client keeps it: with the host's preferred name. */
const cached = account({ environment: "login.microsoftonline.com" });

function silent(changes: Partial<SilentTokenRequest>): Replay["wish"] {
  return (broker, correlationId) =>
    broker.acquireTokenSilently(
      { authority: common, clientId, scopes: ["User.Read", "Mail.Read"], ...changes },
      { correlationId },
    );
}

function interactive(changes: Partial<InteractiveTokenRequest>): Replay["wish"] {
  return (broker, correlationId) =>
    broker.acquireTokenInteractively(
      { authority: common, clientId, scopes: ["User.Read", "Mail.Read"], ...changes },
      { correlationId },
    );
}

const list: Replay["wish"] = (broker, correlationId) => broker.getAccounts({ clientId }, { correlationId });

function replay(
  source: ReadonlyMap<string, CapturedScenario>,
  scenario: string,
  wish: Replay["wish"],
  half?: "silent" | "interactive",
): Replay {
  const calls = source.get(scenario)?.calls;
  if (calls === undefined || calls.length === 0) throw new Error(`No captured calls of ${scenario}.`);
  const wanted = half === "silent" ? "acquireTokenSilently" : "acquireTokenInteractively";
  const name = half === undefined ? scenario : `${scenario} (${half} half)`;
  return {
    name,
    scenario,
    wish,
    captured: half === undefined ? calls : calls.filter((call) => call.method === wanted),
  };
}

/** Scopes and nonces that the capturing program drew at random: its input, not its client's doing. */
function drawn(source: ReadonlyMap<string, CapturedScenario>, scenario: string) {
  const request = source.get(scenario)?.calls.at(-1)?.request as {
    authParameters: { requestedScopes: string[]; popParams: { nonce: string } | null };
  };
  return {
    scopes: request.authParameters.requestedScopes,
    nonce: request.authParameters.popParams?.nonce ?? "",
  };
}

function pluginReplay(scenario: string, changes: Partial<InteractiveTokenRequest>, half?: "silent"): Replay {
  const { scopes } = drawn(plugin, scenario);
  const isSilent = half === "silent" || plugin.get(scenario)?.calls.at(-1)?.method === "acquireTokenSilently";
  const { prompt, parentWindow, ...shared } = changes;
  return isSilent
    ? replay(plugin, scenario, silent({ scopes, ...shared }), half)
    : replay(
        plugin,
        scenario,
        interactive({
          scopes,
          ...shared,
          ...(prompt !== undefined && { prompt }),
          ...(parentWindow !== undefined && { parentWindow }),
        }),
      );
}

const get = (url: string, nonce: string, method = "GET") => ({
  resourceRequestMethod: method,
  resourceRequestUrl: url,
  nonce,
});

const replays: Replay[] = [
  replay(direct, "DiscoverAccounts", list),
  replay(direct, "SignInSilently", silent({})),
  replay(direct, "SignInInteractively", interactive({ loginHint: hint })),
  replay(direct, "SignIn", silent({ loginHint: hint }), "silent"),
  replay(direct, "SignIn", interactive({ loginHint: hint }), "interactive"),
  replay(direct, "SignIn_nohint", silent({})),
  replay(direct, "AcquireTokenInteractively", interactive({ account: cached })),
  replay(
    direct,
    "AcquireTokenSilently_pop",
    silent({
      account: cached,
      proofOfPossession: get("https://graph.microsoft.com/v1.0/me", "NONCE123"),
    }),
  ),
  replay(
    direct,
    "AcquireTokenSilently_claims",
    silent({ account: cached, claims: '{ "access_token": { "xms_cc": { "values": ["cp1"] } } }' }),
  ),
  replay(
    direct,
    "AcquireTokenInteractively_handle8",
    interactive({ account: cached, parentWindow: 0x140002an }),
  ),
  replay(direct, "DiscoverAccounts_afterSignOut", list),
  replay(plugin, "getAllAccounts", list),
  replay(plugin, "getAllAccounts_after_signOut", list),
  pluginReplay("silent_account", { account: cached }),
  pluginReplay("silent_account_cached", { account: cached }),
  pluginReplay("silent_claims", {
    account: cached,
    claims: '{"access_token":{"nbf":{"value":"1604106651","essential":true}}}',
  }),
  pluginReplay("silent_tokenQueryParameters", { account: cached, extraParameters: { slice: "testslice" } }),
  pluginReplay("silent_pop", {
    account: cached,
    proofOfPossession: get("https://graph.microsoft.com/v1.0/me?x=1", "NONCE"),
  }),
  pluginReplay("silent_tenant", {
    account: cached,
    authority: `https://login.microsoftonline.com/${tenantId}`,
  }),
  pluginReplay("silent_resource", {
    account: cached,
    extraParameters: { resource: "https://api.contoso.example" },
  }),
  pluginReplay("interactive_prompt_undefined", {}),
  pluginReplay("interactive_prompt_none", {}),
  pluginReplay("interactive_prompt_consent", {}),
  pluginReplay("interactive_account_prompt_undefined", { account: cached }),
  pluginReplay("interactive_account_prompt_none", { account: cached }),
  ...(["login", "select_account", "create"] satisfies Prompt[]).flatMap((prompt) => [
    pluginReplay(`interactive_prompt_${prompt}`, { prompt }),
    pluginReplay(`interactive_account_prompt_${prompt}`, { account: cached, prompt }),
  ]),
  pluginReplay("interactive_account_prompt_consent", { account: cached, prompt: "consent" }),
  pluginReplay("interactive_loginHint", { loginHint: hint }),
  pluginReplay("interactive_loginHint_noprompt", { loginHint: hint }, "silent"),
  pluginReplay("interactive_msa_passthrough", { msaPassthrough: true }),
  pluginReplay("interactive_claims_handle", {
    claims: '{"id_token":{"auth_time":{"essential":true}}}',
    parentWindow: 52428810n,
  }),
  pluginReplay("interactive_pop", {
    proofOfPossession: get("https://api.contoso.example/v1/things?q=1", "N2", "POST"),
  }),
  pluginReplay("interactive_err_cancel", {}),
  ...[...plugin.keys()]
    .filter((scenario) => scenario.startsWith("silent_err_status_"))
    .map((scenario) => pluginReplay(scenario, { account: cached })),
  ...[...pop.keys()].map((scenario) => {
    const proofOfPossession = get(
      "https://api.contoso.example:8443/v1/x?q=1",
      drawn(pop, scenario).nonce,
      "POST",
    );
    if (scenario.endsWith("_signinSilent")) return replay(pop, scenario, silent({ proofOfPossession }));
    return scenario.endsWith("_interactive")
      ? replay(pop, scenario, interactive({ account: cached, proofOfPossession }))
      : replay(pop, scenario, silent({ account: cached, proofOfPossession }));
  }),
];

/** Scenarios of the captures in which the client made no call: nothing to compare. */
function uncompared(): string[] {
  const replayed = new Set(replays.map(({ scenario }) => scenario));
  return [direct, plugin, pop].flatMap((source) =>
    [...source].filter(([name, { calls }]) => calls.length > 0 && !replayed.has(name)).map(([name]) => name),
  );
}

function isIntended(path: string, scenario: string): boolean {
  const found = intendedDifferences.find(
    (one) =>
      (one.path.endsWith(".") ? path.startsWith(one.path) : path === one.path) &&
      (one.scenarios?.test(scenario) ?? true),
  );
  if (found !== undefined) shown.add(found);
  return found !== undefined;
}

/** Differences that were met at least once. */
const shown = new Set<(typeof intendedDifferences)[number]>();

async function ourCalls({ wish, captured }: Replay) {
  const bus = new FakeBus();
  bus.onJson("getAccounts", { accounts: [nativeAccount()] });
  const answer = (request: { json: { readonly [key: string]: unknown } }) => {
    const { popParams } = request.json["authParameters"] as { popParams: unknown };
    return willingAnswer(popParams === null ? {} : { accessTokenType: 1 });
  };
  bus.on("acquireTokenSilently", answer).on("acquireTokenInteractively", answer);
  const broker = brokerOn(bus);
  const id = captured[0]?.correlationId ?? "";
  // Whose token the fake broker gives does not matter here: only what was asked does.
  await wish(broker, id).catch((error: Error & { code?: string }) =>
    expect(error.code).toBe("account_mismatch"),
  );
  await broker.close();
  return bus.requests;
}

describe("requests equal those of Microsoft's client, field by field", () => {
  it.each(replays)("$name", async (one) => {
    const ours = await ourCalls(one);
    const planned = intendedCalls.find(({ scenarios: names }) => names.test(one.name))?.ours;
    expect(ours.map(({ method }) => method)).toEqual(planned ?? one.captured.map(({ method }) => method));

    for (const captured of one.captured) {
      const own = ours.find(({ method }) => method === captured.method);
      expect(own?.call.signature).toBe(captured.signature);
      expect(own?.protocolVersion).toBe(captured.protocolVersion);
      expect(own?.correlationId).toBe(captured.correlationId);
      const paths = differingPaths(own?.json, captured.request);
      expect(paths.filter((path) => !isIntended(path, one.scenario))).toEqual([]);
    }
  });

  it("has a replay for every captured scenario that made a call", () => {
    expect(uncompared()).toEqual([]);
  });

  it("lists no intended difference that does not occur", () => {
    expect(intendedDifferences.filter((one) => !shown.has(one))).toEqual([]);
  });

  it("writes JSON as the captures do: compact, keys sorted at every level", async () => {
    const texts = [...direct.values()].flatMap(({ calls }) => calls.map(({ raw }) => raw ?? ""));
    expect(texts.length).toBeGreaterThan(8);
    for (const raw of texts) expect(canonicalJson(JSON.parse(raw) as JsonValue)).toBe(raw);
    const [one] = replays.filter(({ name }) => name === "AcquireTokenInteractively");
    if (one === undefined) throw new Error("No such replay.");
    for (const { raw, json } of await ourCalls(one)) expect(canonicalJson(json as JsonValue)).toBe(raw);
  });
});
