import type { OperationOptions } from "./operation.js";

/**
 * How a check ended: it passed, it was not carried out (because it does not matter here, or because an
 * earlier check failed), or it found something that has to be put right.
 */
export type DiagnosticOutcome = "ok" | "skip" | "fail";

/** One check of `broker doctor`. Holds no token, cookie or user name. */
export interface DiagnosticCheck {
  /** Stable name for programs, in lower case with dashes, e.g. `"session-bus"`. Given once per run. */
  readonly id: string;
  /** Short title for people, e.g. `"Session bus"`. */
  readonly title: string;
  readonly outcome: DiagnosticOutcome;
  /** What was found, as one or two sentences; for `"skip"`, why the check was left out. */
  readonly detail: string;
  /** What to do about it. Expected for `"fail"`. */
  readonly hint?: string;
}

/** What {@link Broker.diagnose} takes. */
export interface DiagnoseOptions extends OperationOptions {
  /**
   * Application (client) id to diagnose for, where a check depends on it (e.g. the redirect URI). Default: the app
   * that `@x/broker` signs in for when it is told none, and which needs no registration.
   */
  readonly clientId?: string;
  /**
   * Also ask what an app does not need: questions whose answers are worth reporting, as nobody could check them on a
   * real system yet (docs/fidelity.md). Takes longer; shows no window and gets no token. Default `false`.
   */
  readonly deep?: boolean;
}
