import type { SignInWay } from "./fallback-kind.js";

/** Where the user signs in without the broker, as part of a sentence. */
export function whereOf(way: Exclude<SignInWay, "broker">): string {
  return way === "browser" ? "in the browser" : "with a code on another device";
}
