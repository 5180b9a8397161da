// The Web Account Manager's API (Windows.Security.Authentication.Web.Core, Windows.UI.ApplicationSettings) as plain
// data: what a test double of it asks, and what it is told to answer. Names, numbers and meanings are those of the
// Windows metadata.

interface Call {
  /** The method's name in the metadata. */
  readonly call: string;
  /** Aborted when the client cancels the operation. */
  readonly signal: AbortSignal;
}

export interface WamFindProviderCall extends Call {
  readonly call:
    | "FindAccountProviderAsync"
    | "FindAccountProviderWithAuthorityAsync"
    | "FindSystemAccountProviderAsync"
    | "FindSystemAccountProviderWithAuthorityAsync";
  readonly id: string;
  readonly authority?: string;
}

export interface WamFindAllAccountsCall extends Call {
  readonly call: "FindAllAccountsAsync" | "FindAllAccountsWithClientIdAsync";
  /** The provider's authority. */
  readonly provider: string;
  readonly clientId?: string;
}

export interface WamFindAccountCall extends Call {
  readonly call: "FindAccountAsync";
  readonly provider: string;
  /** WAM's id of the account. */
  readonly id: string;
}

export interface WamTokenCall extends Call {
  readonly call:
    | "GetTokenSilentlyAsync"
    | "GetTokenSilentlyWithWebAccountAsync"
    | "RequestTokenAsync"
    | "RequestTokenWithWebAccountAsync"
    | "RequestTokenForWindowAsync"
    | "RequestTokenWithWebAccountForWindowAsync";
  /** `tag` is that of the answer that gave the provider. */
  readonly provider: { readonly id: string; readonly authority: string; readonly tag?: string };
  readonly clientId: string;
  readonly scope: string;
  /** `WebTokenRequestPromptType`: 0 default, 1 force authentication. */
  readonly promptType: number;
  /** Empty where there is none. */
  readonly correlationId: string;
  /** WAM's id of the account given, else empty. */
  readonly webAccount: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly appProperties: Readonly<Record<string, string>>;
}

export interface WamSignOutCall extends Call {
  readonly call: "account.SignOutAsync" | "account.SignOutWithClientIdAsync";
  readonly id: string;
  readonly clientId?: string;
}

export interface WamInvalidateCacheCall extends Call {
  readonly call: "result.InvalidateCacheAsync";
  /** The `token`s of the answer whose cache is invalidated. */
  readonly tokens: readonly string[];
}

/** The account picker is open. */
export interface WamPaneCall extends Call {
  readonly call: "pane.commands";
  /** Authorities of the providers offered, in order. */
  readonly providers: readonly string[];
}

export type WamCall =
  | WamFindProviderCall
  | WamFindAllAccountsCall
  | WamFindAccountCall
  | WamTokenCall
  | WamSignOutCall
  | WamInvalidateCacheCall
  | WamPaneCall;

export interface WamProvider {
  readonly id: string;
  readonly displayName: string;
  readonly authority: string;
  /** Not for clients: to come back in `WamTokenCall.provider`, as a provider remembers what it was looked up with. */
  readonly tag?: string;
}

export interface WamAccount {
  readonly id: string;
  readonly userName: string;
  readonly provider: WamProvider;
  readonly properties: Readonly<Record<string, string>>;
}

/** `WebProviderError`. */
export interface WamProviderError {
  /** Unsigned 32-bit number. */
  readonly code: number;
  readonly message: string;
  readonly properties?: Readonly<Record<string, string>>;
}

export interface WamTokenResponse {
  readonly token: string;
  readonly account?: WamAccount;
  readonly properties?: Readonly<Record<string, string>>;
}

/** What an operation ends with. The first that fits the call; `hresult` for an operation that fails. */
export type WamAnswer =
  | { readonly provider: WamProvider | null }
  | {
      /** `FindAllWebAccountsStatus`. */
      readonly status: number;
      readonly accounts?: readonly WamAccount[];
      readonly error?: WamProviderError;
    }
  | { readonly account: WamAccount | null }
  | WamTokenAnswer
  | { readonly choice: number | null }
  | { readonly done: true }
  | { readonly hresult: number };

export interface WamTokenAnswer {
  /** `WebTokenRequestStatus`. */
  readonly status: number;
  readonly responses?: readonly WamTokenResponse[];
  readonly error?: WamProviderError;
}
