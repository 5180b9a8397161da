import { needsUser } from "../credential/failures.js";
import type { NativeRequest } from "./msal-types.js";

/** How long after a silent failure a window counts as its consequence, in milliseconds. */
const consequenceWithinInMs = 500;

/**
 * Remembers for a moment what a silent request failed with. `@azure/identity` answers any failure with a window, at
 * once; a lost network or a busy tenant is nothing that the user could help with there.
 */
export class SilentFailures {
  readonly #failures = new Map<string, { readonly error: unknown; readonly at: number }>();

  /** Remembers a failure, unless the user can help. */
  keep(request: NativeRequest, error: unknown): void {
    this.#forgetOld();
    if (!needsUser(error)) this.#failures.set(keyOf(request), { error, at: performance.now() });
  }

  /** What the same request has just failed with, if it has. Told once: who asks again means it. */
  take(request: NativeRequest): unknown {
    this.#forgetOld();
    const key = keyOf(request);
    const failure = this.#failures.get(key);
    this.#failures.delete(key);
    return failure?.error;
  }

  #forgetOld(): void {
    const oldest = performance.now() - consequenceWithinInMs;
    for (const [key, { at }] of this.#failures) if (at < oldest) this.#failures.delete(key);
  }
}

/** Identity's silent request and its window may differ in their authority (which is another fault of its). */
function keyOf({ clientId, scopes, claims }: NativeRequest): string {
  return JSON.stringify([clientId, scopes, claims]);
}
