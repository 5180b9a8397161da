import type { IntendedDifferences } from "./captured-calls.js";

const leftToTheCredential =
  "Microsoft's runtime answers from a cache of its own; ours asks WAM: caching is the credential's, above.";
const notRead =
  "Microsoft's client lists the accounts and does not read the list: it needs it only for a login hint.";

/** Scenarios whose authority is `common`: which plug-in to ask depends on the user's own account. */
const common =
  /^(signinsilent-(common|common-defmsa|common-defnone|usgov|claims|instance-aware|extra|pop|renew|defaultscope|httpredirect)|signin-common|scope-order|client-sku|drop-|extra-|authority-[567]|pop-feature-(yes|no)(-shr-in-response)?$|read-after-signin|token-aad-common|status-silent|silent-cancel)/;

/** Every difference on purpose between our calls and those of Microsoft's client. Whatever is not in here must be equal. */
export const intendedDifferences: IntendedDifferences = {
  leftOut: [
    {
      scenarios: common,
      step: /^provider https:\/\/login\.windows\.local$/,
      from: 2,
      reason: "Once is enough to know the kind of the user's own account.",
    },
    {
      scenarios: /^(signinsilent|msa-claims-extra|token-|authority-1)/,
      step: /^provider https:\/\/login\.windows\.local$/,
      reason: "The authority says already which plug-in to ask: the user's own account changes nothing.",
    },
    {
      scenarios:
        /^(signinsilent|scope|client-sku|msa-claims-extra|drop|extra|authority|pop|read|status-silent|silent-cancel|interactive-(organizations|tenant|pop|instance-aware|extra|hwnd-\w+|cancel)$|signin-common(-ui)?$)/,
      step: /^list /,
      reason: notRead,
    },
    {
      scenarios: /^token-/,
      part: /^signinsilent$/,
      step: /^list /,
      reason: notRead,
    },
    {
      scenarios: /^token-msa/,
      part: /^interactive$/,
      step: /^provider https:\/\/login\.microsoft\.com consumers$/,
      from: 2,
      reason: "The plug-in that was just found.",
    },
    {
      scenarios: /^status-silent-error-(0xcaad0001|0x80080300)/,
      step: /^provider https:\/\/login\.microsoft\.com /,
      from: 2,
      reason: "A request that failed for a moment is repeated by itself; what came before it did not fail.",
    },
    {
      scenarios: /^interactive-common-hint$/,
      step: /^(provider https:\/\/login\.microsoft\.com (consumers|\S+organizations)|pane .*|RequestTokenForWindowAsync)$/,
      reason: "The hint names an account that Windows lists: nobody has to pick a plug-in for it.",
    },
  ],
  added: [
    {
      scenarios: /^interactive-common-hint$/,
      step: /^(provider https:\/\/login\.microsoft\.com \S+\/common|list organizations|RequestTokenWithWebAccountForWindowAsync)$/,
      reason: "The hint names an account that Windows lists: it is asked for, as with any other authority.",
    },
    {
      scenarios: /^interactive-common-hint-msa$/,
      step: /^(provider https:\/\/login\.microsoft\.com \S+\/common|list organizations)$/,
      reason: "A login hint is looked up first; Microsoft's client drops it where it shows the picker.",
    },
    {
      scenarios: /^(pop-feature-yes|signinsilent-pop|interactive-pop|token-aad-claims-pop)$/,
      step: /^GetTokenSilently(WithWebAccount)?Async as pop$/,
      reason:
        "WAM promised to sign and did not. Microsoft's client signs then, with a key the token is not bound to; ours asks for a token bound to its key.",
    },
    {
      scenarios: /^token-(aad|msa)(-common)?$/,
      part: /^silent$/,
      step: /^(provider https:\/\/login\.microsoft\.com (https:\/\/login\.microsoftonline\.com\/[0-9a-f-]{36}|consumers)|find (aad|msa)-web-account-id|GetTokenSilentlyWithWebAccountAsync)$/,
      reason: leftToTheCredential,
    },
    {
      scenarios: /^silent-cancel$/,
      step: /^cancel /,
      reason: "An abort ends the operation; Microsoft's client lets a silent one go on.",
    },
  ],
  fields: [
    {
      field: /^properties\.x-client-(SKU|Ver|OS|xtra-sku)$/,
      reason:
        "Names this package, its version and this system: it does not pass itself off as Microsoft's client.",
    },
    {
      field: /^properties\.(x-client-src-SKU|telemetry)$/,
      reason: "Left out: telemetry of Microsoft's own client.",
    },
    {
      field: /^properties\.req_cnf$/,
      reason: "Another key.",
    },
    {
      field: /^(promptType|properties\.(LoginHint|Client_uiflow))$/,
      scenarios: /^interactive-common-hint-msa$/,
      reason: "The login hint is passed on; Microsoft's client drops it where it shows the picker.",
    },
  ],
};

/** How a scenario ends on purpose other than with Microsoft's client. */
export const intendedOutcomes: readonly {
  readonly scenarios: RegExp;
  /** Code of our error; `undefined`: success. */
  readonly code: string | undefined;
  /** Whether our calls are made; else the request is refused before anything is asked. */
  readonly asks: boolean;
  readonly reason: string;
}[] = [
  {
    scenarios: /^(scope-empty|signinsilent-oidconly)$/,
    code: "invalid_request",
    asks: false,
    reason: "A token for no resource is not what an app wants: the contract asks for a scope of one.",
  },
  {
    scenarios: /^extra-(claims|token_type)$/,
    code: "invalid_request",
    asks: false,
    reason: "The request has options of its own for this, whose answer is read accordingly.",
  },
  {
    scenarios: /^authority-[234]$/,
    code: "untrusted_authority",
    asks: false,
    reason:
      "AD FS, Azure AD B2C and external ids: WAM does not sign in to them (documented), so it is said at once.",
  },
  {
    scenarios: /^(interactive-common-pickcancel|interactive-consumers(-defmsa)?)$/,
    code: "user_canceled",
    asks: true,
    reason: "The user closed the picker: Microsoft's client calls it unexpected.",
  },
  {
    scenarios: /^drop-wamcompat_(id_token|client_info)$/,
    code: "protocol_error",
    asks: true,
    reason: "The same refusal, with the contract's word for an answer that makes no sense.",
  },
  {
    scenarios: /^drop-TokenExpiresOn$/,
    code: "protocol_error",
    asks: true,
    reason: "Nobody says when the token ends; Microsoft's client takes it for expired and hands it out.",
  },
  {
    scenarios: /^status-silent-error-(0xcaad0001|0x80080300)/,
    code: "temporarily_unavailable",
    asks: true,
    reason: "Ends within the caller's time; Microsoft's client was still repeating when the capture ended.",
  },
  {
    scenarios: /^silent-cancel$/,
    code: "AbortError",
    asks: true,
    reason: "Rejects at once; Microsoft's client was still waiting when the capture ended.",
  },
  {
    scenarios: /^interactive-cancel$/,
    code: "AbortError",
    asks: true,
    reason: "An abort is told from a user who cancels.",
  },
];
