/** Why the emulated tenant or broker refused, in words of no particular door. */
export type RefusalKind =
  | "interaction_required"
  | "account_unusable"
  | "account_not_found"
  | "user_canceled"
  | "no_network"
  | "temporarily_unavailable"
  | "not_enrolled"
  | "untrusted_authority"
  | "incorrect_configuration"
  | "redirect_uri_mismatch"
  | "invalid_request"
  | "not_supported";

/** What a refusal may say beyond its kind. */
export interface RefusalDetails {
  /** The tenant's OAuth 2.0 error, e.g. `invalid_grant`; absent when the tenant was never asked. */
  readonly oauthError?: string;
  readonly suberror?: string;
  /** E.g. `AADSTS50078`. */
  readonly aadsts?: string;
  /** The claims the tenant wants in the next request, as JSON text. */
  readonly claims?: string;
}

/** A request was refused. Each door says this in its own words. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly kind: RefusalKind;
  readonly details: RefusalDetails;

  constructor(kind: RefusalKind, message: string, details: RefusalDetails = {}) {
    super(message);
    this.kind = kind;
    this.details = details;
  }
}
