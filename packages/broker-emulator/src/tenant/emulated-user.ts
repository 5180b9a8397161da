import { setMaxListeners } from "node:events";
import { checkArgument, checkObject, oneOf, required, rule, rules, type Shape } from "../checks.js";

/** What the person in front of the dialog does. */
export type UserAction =
  /** Signs in: as `as` (a user name of the directory), or by default as the account the dialog is for. */
  | { readonly kind: "signs_in"; readonly as?: string; readonly delayInMs?: number }
  /** Closes the window. */
  | { readonly kind: "cancels"; readonly delayInMs?: number }
  /** Has gone for coffee: the dialog stays until the app gives up or the broker leaves. */
  | { readonly kind: "never_acts" };

/** A dialog that was shown. */
export interface DialogRecord {
  readonly clientId: string;
  readonly correlationId: string;
  /** The user name the dialog started with, if any. */
  readonly username: string | undefined;
  readonly prompt: string | undefined;
}

const actionShapes: Readonly<Record<UserAction["kind"], Shape>> = {
  signs_in: { as: rules.username, delayInMs: rules.delay },
  cancels: { delayInMs: rules.delay },
  never_acts: {},
};

/** The person at the machine. Acts as scripted; where the script is at its end, signs in as expected at once. */
export class EmulatedUser {
  #script: UserAction[] = checkedScript([]);
  #otherwise: UserAction = { kind: "signs_in" };
  /** Every dialog that was shown, oldest first. */
  readonly dialogs: DialogRecord[] = [];
  #open = 0;
  #maxOpen = 0;

  /**
   * What the person does at the next dialogs, first one first. Each dialog takes one action off. An array that is
   * assigned is copied; actions can be added to the script itself.
   * @throws TypeError or RangeError for an action that there is not, when it is assigned or added.
   */
  get script(): UserAction[] {
    return this.#script;
  }

  set script(actions: UserAction[]) {
    checkArgument(place, "script", actions, rules.list);
    this.#script = checkedScript(actions);
  }

  /** What the person does when the script is empty. */
  get otherwise(): UserAction {
    return this.#otherwise;
  }

  set otherwise(action: UserAction) {
    checkAction("otherwise", action);
    this.#otherwise = action;
  }

  /** Interactive calls going on now. */
  get openDialogs(): number {
    return this.#open;
  }

  /**
   * The most interactive calls there ever were at a time: each may put up a window of its own, so a client that
   * shows one at a time never gets above 1.
   */
  get maxConcurrentDialogs(): number {
    return this.#maxOpen;
  }

  /** Whether the next dialog has something special coming. A broker must then not answer without showing it. */
  get isScripted(): boolean {
    const { script, otherwise } = this;
    const isUsual =
      otherwise.kind === "signs_in" && otherwise.as === undefined && otherwise.delayInMs === undefined;
    return script.length > 0 || !isUsual;
  }

  /** Called by a door around each interactive call. */
  async during<T>(call: () => Promise<T>): Promise<T> {
    this.#open += 1;
    this.#maxOpen = Math.max(this.#maxOpen, this.#open);
    try {
      return await call();
    } finally {
      this.#open -= 1;
    }
  }

  /** Shows a dialog; resolves to what the person did in the end. Rejects with the signal's reason when taken away. */
  async face(
    dialog: DialogRecord,
    signal: AbortSignal,
  ): Promise<Exclude<UserAction, { kind: "never_acts" }>> {
    this.dialogs.push(dialog);
    const action = this.script.shift() ?? this.otherwise;
    if (action.kind === "never_acts") return untilAborted(signal);
    if (action.delayInMs !== undefined) await wait(action.delayInMs, signal);
    return action;
  }
}

const place = "EmulatedUser";

function checkAction(name: string, action: unknown): void {
  const wanted = rule('an object such as { kind: "cancels" }', (value) => Object(value) === value);
  checkArgument(place, name, action, wanted);
  const { kind } = action as { kind?: unknown };
  const kinds = oneOf(Object.keys(actionShapes));
  checkArgument(place, `${name}.kind`, kind, kinds);
  const shape = actionShapes[kind as UserAction["kind"]];
  checkObject(place, name, action, { kind: required(kinds), ...shape }, `${name}.`);
}

/** A list that takes in nothing but actions, by whatever means it is filled. */
function checkedScript(actions: readonly UserAction[]): UserAction[] {
  for (const [index, action] of actions.entries()) checkAction(`script[${index}]`, action);
  return new Proxy([...actions], {
    set(target, property, value) {
      if (typeof property === "string" && /^\d+$/.test(property)) checkAction(`script[${property}]`, value);
      return Reflect.set(target, property, value);
    },
  });
}

/** What ends many waits at once: any number of them may hang on its signal. */
export function endOfMany(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}

/** Waits, unless taken away first. */
export function wait(delayInMs: number, signal: AbortSignal, keepProcessAlive = true): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    }, delayInMs);
    if (!keepProcessAlive) timer.unref();
    signal.addEventListener("abort", onAbort, { once: true });
  });
}

/** Never resolves; rejects with the signal's reason. */
export function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
