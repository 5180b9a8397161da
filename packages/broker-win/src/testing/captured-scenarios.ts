import type {
  Broker,
  BrokerAccount,
  InteractiveTokenRequest,
  ProofOfPossession,
  SilentTokenRequest,
} from "@x/broker-contract";
import type { FakeResponse, WamAnswer } from "./fake-wam.js";
import { nativeError } from "./fake-wam.js";
import { clientId, graphScope, pat, personalUsername, tenantId, username, workResponse } from "./people.js";
import type { World } from "./world.js";

/** The correlation id of every captured request. */
export const correlationId = "11111111-2222-3333-4444-555555555555";
/** The window of the capturing program. */
export const programWindow = 0x140002an;
/** A handle without a window. */
export const bogusWindow = 0xdeadn;

/** The wish behind one captured call of Microsoft's client, as our API tells it. */
export interface ReplayedPart {
  /** As the capture names it. */
  readonly part: string;
  /** @param account The one a previous part had a token for or listed. */
  readonly wish: (broker: Broker, account: BrokerAccount | undefined) => Promise<unknown>;
}

/** A captured scenario: what Windows was like, and what was asked. */
export interface Replay {
  readonly scenario: string;
  readonly world: World;
  readonly parts: readonly ReplayedPart[];
}

const authority = (tenant: string) => `https://login.microsoftonline.com/${tenant}`;
const common = authority("common");
const organizations = authority("organizations");
const consumers = authority("consumers");
const ownTenant = authority(tenantId);
const options = { correlationId };

type Silent = Partial<SilentTokenRequest>;
type Interactive = Partial<InteractiveTokenRequest>;

const base = { clientId, scopes: [graphScope] };

function silently(part: string, changes: Silent): ReplayedPart {
  return {
    part,
    wish: (broker) => broker.acquireTokenSilently({ authority: common, ...base, ...changes }, options),
  };
}

function interactively(changes: Interactive): ReplayedPart {
  return {
    part: "signininteractive",
    wish: (broker) =>
      broker.acquireTokenInteractively(
        { authority: organizations, ...base, parentWindow: programWindow, ...changes },
        options,
      ),
  };
}

/** A call for the account of an earlier part. */
function forAccount(part: "silent" | "interactive", changes: Silent = {}): ReplayedPart {
  return {
    part,
    wish: (broker, account) => {
      if (account === undefined) throw new Error("There is no account yet.");
      const request = { authority: common, ...base, account, parentWindow: programWindow, ...changes };
      return part === "silent"
        ? broker.acquireTokenSilently(request, options)
        : broker.acquireTokenInteractively(request, options);
    },
  };
}

const discover: ReplayedPart = {
  part: "discover",
  wish: (broker) => broker.getAccounts({ clientId }, options),
};
const signOut: ReplayedPart = {
  part: "signout",
  wish: async (broker, account) => {
    if (account === undefined) throw new Error("There is no account yet.");
    await broker.signOut({ clientId, account }, options);
  },
};

const one = (scenario: string, part: ReplayedPart, world: World = {}): Replay => ({
  scenario,
  world,
  parts: [part],
});
const silent = (scenario: string, changes: Silent = {}, world: World = {}) =>
  one(scenario, silently("signinsilent", changes), world);
const interactive = (scenario: string, changes: Interactive = {}, world: World = {}) =>
  one(scenario, interactively(changes), world);

const get: ProofOfPossession = {
  resourceRequestMethod: "GET",
  resourceRequestUrl: "https://example.com/path?query=1",
  nonce: "nonce-1",
};
const post: ProofOfPossession = {
  resourceRequestMethod: "POST",
  resourceRequestUrl: "https://api.example.com/a/b",
  nonce: "nonce-2",
};

/** A token bound to the key that was asked for; such a token can be read. */
function boundResponse({ properties = {} }: { readonly properties?: Readonly<Record<string, string>> }) {
  const confirmation = properties["req_cnf"];
  if (confirmation === undefined) return workResponse();
  const { kid } = JSON.parse(Buffer.from(confirmation, "base64url").toString()) as { kid: string };
  const claims = Buffer.from(JSON.stringify({ cnf: { kid } })).toString("base64url");
  return workResponse({}, { token: `e30.${claims}.c2ln` });
}

const withShr = (): FakeResponse => workResponse({ shr: "fake.shr.value" });

/** What the plug-in answered in a `status-*` scenario, by its name. */
export function statusAnswer(name: string): WamAnswer | Error {
  const [kind, code = "", message = ""] = name.split("-");
  switch (kind) {
    case "ui":
      return { status: 3, error: { code: 0xcaa2000c, message: "AADSTS50076: interaction_required" } };
    case "cancel":
      return { status: 1 };
    case "unavailable":
      return { status: 4 };
    case "switch":
      return { status: 2, responses: [workResponse()] };
    case "error":
      return { status: 5, error: { code: Number(code), message } };
    case "hr":
      return nativeError("failed", { hresult: Number(code), stage: "GetTokenSilentlyAsync" });
    default:
      throw new Error(`No such status: ${name}.`);
  }
}

const extras: readonly (readonly [name: string, value: string])[] = [
  ["acr_values", "x"],
  ["brk_client_id", "brk"],
  ["brk_redirect_uri", "brk://x"],
  ["claims", "{}"],
  ["client_info", "1"],
  ["dc", "x"],
  ["domain_hint", "contoso.com"],
  ["foo", "bar"],
  ["key_id", "kid1"],
  ["login_hint", "j@c.com"],
  ["nonce", "x"],
  ["prompt", "login"],
  ["redirect_uri", "http://localhost"],
  ["req_cnf", "x"],
  ["resource", "https://graph.windows.net"],
  ["sid", "abc"],
  ["token_type", "ssh-cert"],
  ["username", "x"],
];

const prompts = ["select_account", "login", "consent", "create", "none"];

/** Authorities as they were given; what became of them is captured. */
const authorities = [
  "https://login.contoso.example/tenant",
  "https://adfs.contoso.example/adfs",
  "https://contoso.b2clogin.com/tfp/contoso.onmicrosoft.com/b2c_1_signin",
  "https://contoso.ciamlogin.com/contoso.onmicrosoft.com",
  "https://login.partner.microsoftonline.cn/common",
  "https://login.windows.net/common",
  "http://sts.windows.net/common",
];

export function replays(statusScenarios: readonly string[]): Replay[] {
  return [
    one("discover-aad", discover),
    one("discover-aad-msa", discover, { personalAccounts: [pat()] }),
    one("discover-none", discover, { accounts: [] }),
    silent("signinsilent-common"),
    silent("signinsilent-organizations", { authority: organizations }),
    silent("signinsilent-tenant", { authority: ownTenant }),
    silent("signinsilent-consumers-defmsa", { authority: consumers }, { defaultKind: "consumers" }),
    silent("signinsilent-consumers-defaad", { authority: consumers }),
    silent("signinsilent-common-defmsa", {}, { defaultKind: "consumers" }),
    silent("signinsilent-tenant-defmsa", { authority: ownTenant }, { defaultKind: "consumers" }),
    silent("signinsilent-common-defnone", {}, { defaultKind: null }),
    silent("signinsilent-usgov", { authority: "https://login.microsoftonline.us/common" }),
    silent("signinsilent-claims", {
      claims: '{ "access_token": { "nbf": { "essential": true, "value": "1" } } }',
      clientCapabilities: ["cp1"],
    }),
    silent("signinsilent-instance-aware", { extraParameters: { instance_aware: "true" } }),
    silent("signinsilent-extra", {
      extraParameters: { foo: "bar", login_hint: username, slice: "testslice" },
    }),
    silent("signinsilent-pop", { proofOfPossession: get }, { response: boundResponse }),
    silent("signinsilent-renew", { forceRefresh: true, accessTokenToRenew: "another-token" }),
    silent("signinsilent-defaultscope", { scopes: ["https://graph.microsoft.com/.default"] }),
    silent("signinsilent-oidconly", { scopes: ["openid", "profile"] }),
    silent("signinsilent-httpredirect", { redirectUri: "http://localhost" }),
    silent("scope-empty", { scopes: [] }),
    silent("scope-order", { scopes: ["zzz", "openid", "aaa", "zzz", "User.Read", "offline_access"] }),
    silent("client-sku", { extraParameters: { msal_client_sku: "MSAL.Test", msal_client_ver: "1.2.3" } }),
    silent(
      "msa-claims-extra",
      {
        authority: consumers,
        claims: '{"access_token":{"x":null}}',
        extraParameters: { foo: "bar", instance_aware: "true" },
      },
      { defaultKind: "consumers" },
    ),
    ...["TokenExpiresOn", "wamcompat_id_token", "wamcompat_client_info", "wamcompat_scopes", "Authority"].map(
      (name) => silent(`drop-${name}`, {}, { response: () => workResponse({ [name]: undefined }) }),
    ),
    ...extras.map(([name, value]) => silent(`extra-${name}`, { extraParameters: { [name]: value } })),
    ...authorities.map((given, index) => silent(`authority-${index + 1}`, { authority: given })),
    silent("pop-feature-yes", { proofOfPossession: get }, { response: boundResponse }),
    silent("pop-feature-yes-shr-in-response", { proofOfPossession: get }, { response: withShr }),
    silent("pop-feature-no", { proofOfPossession: get }, { response: boundResponse, tokenBinding: false }),
    interactive("interactive-pop", { proofOfPossession: post }, { response: boundResponse }),
    interactive(
      "pop-feature-no-interactive",
      { proofOfPossession: post },
      { response: boundResponse, tokenBinding: false },
    ),

    interactive("interactive-common-pickaad", { authority: common }),
    interactive("interactive-common-pickmsa", { authority: common }, { picks: "consumers" }),
    interactive("interactive-common-pickcancel", { authority: common }, { picks: null }),
    interactive("interactive-common-hint", { authority: common, loginHint: username }),
    interactive(
      "interactive-common-hint-msa",
      { authority: common, loginHint: personalUsername },
      { picks: "consumers" },
    ),
    interactive("interactive-organizations"),
    interactive("interactive-organizations-hint-unknown", { loginHint: "nobody@contoso.com" }),
    interactive("interactive-tenant", { authority: ownTenant }),
    interactive("interactive-tenant-hint", { authority: ownTenant, loginHint: username }),
    interactive("interactive-consumers", { authority: consumers }),
    interactive("interactive-consumers-defmsa", { authority: consumers }, { defaultKind: "consumers" }),
    interactive("interactive-consumers-pickmsa", { authority: consumers }, { picks: "consumers" }),
    interactive("interactive-consumers-hint", { authority: consumers, loginHint: personalUsername }),
    interactive("interactive-passthrough-pickaad", { msaPassthrough: true }),
    ...["aad", "msa"].map((idp) =>
      interactive(`interactive-idp-${idp}`, {
        authority: common,
        extraParameters: { msal_identity_provider: idp },
      }),
    ),
    interactive("interactive-title", {
      authority: common,
      extraParameters: { msal_accounts_control_title: "My App" },
    }),
    interactive("interactive-instance-aware", { extraParameters: { instance_aware: "true" } }),
    interactive("interactive-extra", { extraParameters: { foo: "bar", login_hint: username } }),
    interactive("interactive-hwnd-zero", { parentWindow: 0n }),
    interactive("interactive-hwnd-bogus", { parentWindow: bogusWindow }),
    interactive("interactive-hwnd-desktop", { parentWindow: "auto" }),
    // The capturing program could only ask for a prompt by a parameter.
    ...prompts.map((prompt) => interactive(`interactive-prompt-${prompt}`, { extraParameters: { prompt } })),
    interactive("interactive-common-prompt-select_account", {
      authority: common,
      extraParameters: { prompt: "select_account" },
    }),
    interactive("interactive-common-prompt-login-hint", {
      authority: common,
      loginHint: username,
      extraParameters: { prompt: "login" },
    }),
    interactive("interactive-consumers-prompt-login", {
      authority: consumers,
      extraParameters: { prompt: "login" },
    }),

    // Microsoft's SignIn is a silent call and, if the user is needed, an interactive one.
    one("signin-common", silently("signin", {})),
    one("signin-common-hint", silently("signin", { loginHint: username })),
    {
      scenario: "signin-common-ui",
      world: { silent: statusAnswer("ui") },
      parts: [
        {
          part: "signin",
          wish: async (broker) => {
            await broker
              .acquireTokenSilently({ authority: common, ...base }, options)
              .catch((error: unknown) => error);
            return await broker.acquireTokenInteractively(
              { authority: common, ...base, parentWindow: programWindow },
              options,
            );
          },
        },
      ],
    },
    {
      scenario: "read-after-signin",
      world: {},
      parts: [silently("signinsilent", {}), { part: "read", wish: async () => undefined }],
    },
    {
      scenario: "token-aad",
      world: {},
      parts: [
        silently("signinsilent", { authority: ownTenant }),
        forAccount("silent"),
        forAccount("interactive"),
        signOut,
        discover,
        forAccount("silent"),
      ],
    },
    {
      scenario: "token-aad-common",
      world: {},
      parts: [silently("signinsilent", {}), forAccount("silent"), forAccount("interactive"), signOut],
    },
    {
      scenario: "token-aad-claims-pop",
      world: { response: boundResponse },
      parts: [
        silently("signinsilent", { authority: ownTenant, ...claimsAndPop() }),
        forAccount("silent", claimsAndPop()),
        forAccount("interactive", claimsAndPop()),
      ],
    },
    {
      scenario: "token-discover",
      world: {},
      parts: [discover, forAccount("silent")],
    },
    {
      scenario: "token-msa",
      world: { defaultKind: "consumers" },
      parts: [
        silently("signinsilent", { authority: consumers }),
        forAccount("silent"),
        forAccount("interactive"),
        signOut,
      ],
    },
    {
      scenario: "token-msa-common",
      world: { picks: "consumers" },
      parts: [interactively({ authority: common }), forAccount("silent"), forAccount("interactive"), signOut],
    },
    {
      scenario: "token-prompt-login",
      world: {},
      parts: [
        silently("signinsilent", { extraParameters: { prompt: "login" } }),
        { part: "interactive", wish: async () => undefined },
      ],
    },
    ...statusScenarios.map((scenario) => {
      const [, kind, name = ""] = /^status-(silent|interactive)-(.*)$/.exec(scenario) ?? [];
      const answer = statusAnswer(name);
      return kind === "silent"
        ? silent(scenario, {}, { silent: answer })
        : interactive(scenario, { loginHint: username }, { window: answer });
    }),
    aborted("silent-cancel", "signinsilent", "GetTokenSilentlyAsync"),
    aborted("interactive-cancel", "signininteractive", "RequestTokenForWindowAsync"),
  ];

  function claimsAndPop() {
    return { claims: '{"access_token":{"x":null}}', proofOfPossession: get };
  }
}

/** Aborted once WAM has been asked. */
function aborted(scenario: string, part: string, call: string): Replay {
  const controller = new AbortController();
  const abortSignal = controller.signal;
  return {
    scenario,
    world: {
      first: (made) => {
        if (made.call !== call) return undefined;
        controller.abort();
        return new Promise(() => {});
      },
    },
    parts: [
      {
        part,
        wish: (broker) =>
          part === "signinsilent"
            ? broker.acquireTokenSilently({ authority: common, ...base }, { ...options, abortSignal })
            : broker.acquireTokenInteractively(
                { authority: organizations, ...base, parentWindow: programWindow },
                { ...options, abortSignal },
              ),
      },
    ],
  };
}

/** Accounts that a replayed part leaves for the next ones. */
export function accountIn(result: unknown): BrokerAccount | undefined {
  if (Array.isArray(result)) return result[0] as BrokerAccount | undefined;
  return (result as { readonly account?: BrokerAccount } | undefined)?.account;
}
