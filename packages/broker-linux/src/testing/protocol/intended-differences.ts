/** One difference on purpose between our requests and those of Microsoft's client. */
export interface IntendedDifference {
  /** Path of the field that differs, e.g. `authParameters.username`; a prefix of paths if it ends in a dot. */
  readonly path: string;
  /** The scenarios it shows in; absent: any. */
  readonly scenarios?: RegExp;
  readonly reason: string;
}

/** Every field that may differ from a captured request. Whatever is not in here must be equal. */
export const intendedDifferences: readonly IntendedDifference[] = [
  {
    path: "authParameters.additionalQueryParametersForAuthorization.x-client-xtra-sku",
    reason: "Names this package and its version: it does not pass itself off as Microsoft's client.",
  },
  {
    path: "authParameters.onboardingBlob",
    reason: "Telemetry of Microsoft's own app steps; brokers up to 2.0.1 and independent clients do without.",
  },
  {
    path: "authParameters.additionalQueryParametersForAuthorization.prompt",
    scenarios: /prompt_(login|select_account|create|consent)$/,
    reason: "The prompt reaches the sign-in page (measured on a broker 3.0.2); Microsoft's client loses it.",
  },
  {
    path: "authParameters.username",
    scenarios: /^(SignInInteractively|interactive_loginHint)$/,
    reason: "The login hint reaches the broker; Microsoft's SignInInteractively drops it.",
  },
  {
    path: "authParameters.parentWindow.",
    scenarios:
      /^(SignIn|SignIn_nohint|interactive_prompt_(undefined|consent)|interactive_loginHint_noprompt)$/,
    reason: "A silent call has no window; Microsoft's SignIn carries one because it may go on interactively.",
  },
  ...["account.", "account", "authority", "username", "isSignIn"].map((field) => ({
    path: `authParameters.${field}`,
    scenarios: /^interactive_account_prompt_(login|select_account|create)$/,
    reason: "The account is kept when a prompt is given; Microsoft's plugin signs in whomever it gets.",
  })),
  {
    path: "authParameters.additionalQueryParametersForAuthorization.hsu",
    scenarios: /^interactive_account_prompt_(login|select_account|create)$/,
    reason: "Goes with the account, which is kept when a prompt is given.",
  },
  ...["givenName", "familyName"].map((field) => ({
    path: `authParameters.account.${field}`,
    scenarios: /^(silent_|interactive_account_)/,
    reason:
      "The broker's account goes back whole; Microsoft's client cached it from a token without these names.",
  })),
  {
    path: "authParameters.popParams.uriPath",
    scenarios: /^pop_/,
    reason:
      "The path without the query, as Microsoft's plugin sends it; this capture called below the plugin.",
  },
];

/** Calls that come on top of, or instead of, those captured for the same wish. */
export const intendedCalls: readonly {
  readonly scenarios: RegExp;
  readonly ours: readonly string[];
  readonly reason: string;
}[] = [
  {
    scenarios: /^(SignIn|interactive_loginHint_noprompt) \(silent half\)$/,
    ours: ["getAccounts", "acquireTokenSilently"],
    reason:
      "A login hint is looked up among the broker's accounts, so that the account itself can be asked for.",
  },
];
