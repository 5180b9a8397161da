import type { CallFacts } from "@x/broker-protocol";
import type { NativeCaller } from "./native.js";

/** What an error may say about a call to the extension. */
export interface MacFacts extends CallFacts {
  /** Whether the request could show a window. */
  readonly interactive: boolean;
  /** The redirect URI the extension expects of this program. */
  readonly expectedRedirectUri: string;
  readonly caller: NativeCaller;
}
