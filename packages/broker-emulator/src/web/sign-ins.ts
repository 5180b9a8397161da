import type { EmulatedAccount } from "../tenant/accounts.js";
import type { EmulatedUser } from "../tenant/emulated-user.js";
import { Refusal } from "../tenant/refusal.js";
import type { PreparedRequest } from "../tenant/token-service.js";
import { type Grant, secret } from "./grant-book.js";
import { accountPicker, closingPage, consentPage, devicePage, errorPage, type SignInFacts } from "./pages.js";
import { describeScopes, type TenantRules } from "./tenant-rules.js";
import type { WebAnswer, WebRequest } from "./web-answer.js";

/** How a sign-in ended. */
export type SignInOutcome =
  | { readonly kind: "signed_in"; readonly account: EmulatedAccount }
  | { readonly kind: "canceled" | "declined" }
  | { readonly kind: "refused"; readonly refusal: Refusal };

/** A sign-in that is about to begin. */
export interface SignInStart {
  readonly grant: Grant;
  readonly correlationId: string;
  /** User name to start with. */
  readonly loginHint: string | undefined;
  readonly prompt: string | undefined;
  /** Whether another device started it: then the person is asked whether they did. */
  readonly isForDevice: boolean;
  /** Makes the answer to the browser of how it ended. Called once. */
  readonly finish: (outcome: SignInOutcome) => WebAnswer;
}

interface OpenSignIn extends SignInStart {
  readonly id: string;
  account: EmulatedAccount | undefined;
  /** What is still to be shown. */
  steps: ("device" | "consent")[];
}

/** As many may be begun and left alone. */
const keptOpen = 1_000;

/** The pages of sign-ins that are under way, and the person in front of them. */
export class SignIns {
  readonly #rules: TenantRules;
  readonly #isAttended: boolean;
  readonly #open = new Map<string, OpenSignIn>();

  /** @param isAttended Whether somebody looks at the pages; else the tenant's emulated user acts. */
  constructor(rules: TenantRules, isAttended: boolean) {
    this.#rules = rules;
    this.#isAttended = isAttended;
  }

  get #user(): EmulatedUser {
    return this.#rules.tenant.user;
  }

  /** Whether nobody is needed to look at the next page. */
  get isUnattended(): boolean {
    return !this.#isAttended || this.#user.isScripted;
  }

  /** Shows the first page, or lets the emulated user act. */
  async begin(start: SignInStart, gone: AbortSignal): Promise<WebAnswer> {
    if (this.isUnattended) return start.finish(await this.act(start, gone));
    this.#user.dialogs.push(dialogOf(start));
    const signIn: OpenSignIn = { ...start, id: secret(), account: undefined, steps: [] };
    this.#open.set(signIn.id, signIn);
    if (this.#open.size > keptOpen) {
      const [oldest] = this.#open.keys();
      if (oldest !== undefined) this.#open.delete(oldest);
    }
    return this.#pick(signIn, start.loginHint);
  }

  /** What the emulated user does about a sign-in. Rejects with the signal's reason when they do nothing. */
  async act(start: SignInStart, gone: AbortSignal): Promise<SignInOutcome> {
    const action = await this.#user.during(() => this.#user.face(dialogOf(start), gone));
    if (action.kind === "cancels") return { kind: "canceled" };
    const { tenant } = this.#rules;
    const named = action.as ?? start.loginHint;
    const account =
      named === undefined ? (tenant.accounts[0] ?? tenant.directory[0]) : tenant.findAccountByUsername(named);
    if (account === undefined) return { kind: "canceled" };
    return this.#settled(start, account);
  }

  /** A form of one of the pages. */
  continue({ form }: WebRequest): WebAnswer {
    const { tenantName, tenant } = this.#rules;
    const signIn = this.#open.get(form.get("signIn") ?? "");
    if (signIn === undefined)
      return closingPage(tenantName, "This sign-in has ended", "Go back to the app and start again.");
    const action = form.get("action");
    const chosen = form.get("account");
    if (action === "others") return this.#pick(signIn, undefined);
    if (action === "cancel") return this.#end(signIn, { kind: "canceled" });
    if (action === "decline") return this.#end(signIn, { kind: "declined" });
    if (action === "accept") return this.#next(signIn);
    const account = chosen === null ? undefined : tenant.findAccount(chosen);
    if (account === undefined) return errorPage(tenantName, "The form names nobody in the directory.");
    return this.#choose(signIn, account);
  }

  #pick(signIn: OpenSignIn, loginHint: string | undefined): WebAnswer {
    const { tenant } = this.#rules;
    const hinted = loginHint === undefined ? undefined : tenant.findAccountByUsername(loginHint);
    const accounts = hinted === undefined ? tenant.directory : [hinted];
    return accountPicker(this.#factsOf(signIn), accounts, accounts.length < tenant.directory.length);
  }

  #choose(signIn: OpenSignIn, account: EmulatedAccount): WebAnswer {
    let prepared: PreparedRequest;
    try {
      prepared = this.#prepare(signIn, account);
    } catch (error) {
      if (error instanceof Refusal) return this.#end(signIn, { kind: "refused", refusal: error });
      throw error;
    }
    const needsConsent =
      signIn.prompt === "consent" || this.#rules.needsConsent(prepared.app, account, prepared);
    signIn.account = account;
    signIn.steps = [
      ...(signIn.isForDevice ? (["device"] as const) : []),
      ...(needsConsent ? (["consent"] as const) : []),
    ];
    return this.#next(signIn);
  }

  #next(signIn: OpenSignIn): WebAnswer {
    const { account } = signIn;
    if (account === undefined) return this.#pick(signIn, signIn.loginHint);
    const facts = this.#factsOf(signIn);
    switch (signIn.steps.shift()) {
      case "device":
        return devicePage(facts, account.username);
      case "consent": {
        const scopes = describeScopes(signIn.grant.scopes, this.#prepare(signIn, account));
        return consentPage(facts, account.username, scopes);
      }
      default:
        return this.#end(signIn, this.#settled(signIn, account));
    }
  }

  /** The person has done all there is to do. */
  #settled(start: SignInStart, account: EmulatedAccount): SignInOutcome {
    try {
      this.#rules.signedIn(account, this.#prepare(start, account));
      return { kind: "signed_in", account };
    } catch (error) {
      if (error instanceof Refusal) return { kind: "refused", refusal: error };
      throw error;
    }
  }

  #end(signIn: OpenSignIn, outcome: SignInOutcome): WebAnswer {
    this.#open.delete(signIn.id);
    return signIn.finish(outcome);
  }

  #prepare({ grant, correlationId }: SignInStart, { homeAccountId }: EmulatedAccount): PreparedRequest {
    return this.#rules.prepare(grant, { method: "acquireTokenInteractively", correlationId, homeAccountId });
  }

  #factsOf({ id, grant }: OpenSignIn): SignInFacts {
    const appName = this.#rules.tenant.findApp(grant.clientId)?.name ?? grant.clientId;
    return { tenantName: this.#rules.tenantName, appName, signInId: id };
  }
}

function dialogOf({ grant, correlationId, loginHint, prompt }: SignInStart) {
  return { clientId: grant.clientId, correlationId, username: loginHint, prompt };
}
