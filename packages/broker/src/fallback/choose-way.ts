import type { FallbackKind } from "./fallback-kind.js";
import { type BrowserHere, browserHere, type OpenCommand, type Surroundings } from "./surroundings.js";

/** A way to ask the user without the broker. */
export type OpenWay =
  | { readonly way: "browser"; readonly command: OpenCommand }
  | {
      readonly way: "device-code";
      /** Why it is not the browser that was asked for; goes on after "because". */
      readonly insteadOfBrowser?: string;
    };

/** How the user will be asked, if they can be. */
export type ChosenWay =
  | OpenWay
  | {
      readonly way: undefined;
      /** Why no browser opens; goes on after "because". */
      readonly why: string;
    };

/**
 * Chooses how to ask the user: a browser only where it opens before the user's eyes; else a code to enter elsewhere,
 * if somebody would see it.
 * @param hasPrompt Whether the app shows codes itself.
 */
export function chooseWay(
  fallback: Exclude<FallbackKind, "none">,
  hasPrompt: boolean,
  surroundings: Surroundings,
): ChosenWay {
  if (fallback === "device-code") return { way: "device-code" };
  const browser: BrowserHere = browserHere(surroundings);
  if (browser.opens) return { way: "browser", command: browser.command };
  if (hasPrompt || surroundings.isTerminal) return { way: "device-code", insteadOfBrowser: browser.why };
  return { way: undefined, why: browser.why };
}
