import type { DiagnosticCheck } from "@x/broker-contract";
import { chooseWay } from "../fallback/choose-way.js";
import { defaultFallback } from "../fallback/fallback-kind.js";
import type { CliIo } from "./cli-io.js";

/** What would stand in for the broker here. Never a failure: who has a broker needs nothing else. */
export async function checkFallback(io: CliIo): Promise<DiagnosticCheck> {
  const check = { id: "fallback", title: "Without a broker" };
  const loaded = await io.loadMsal();
  if ("message" in loaded)
    return {
      ...check,
      outcome: "skip",
      detail: loaded.message,
      hint: "To have one: npm install @azure/msal-node",
    };
  const surroundings = io.readSurroundings();
  const chosen = chooseWay("browser", false, surroundings);
  const mustBeAsked = defaultFallback(surroundings.platform) === "none" ? ", if the app asks for that" : "";
  switch (chosen.way) {
    case "browser":
      return { ...check, outcome: "ok", detail: `The user would sign in in the browser${mustBeAsked}.` };
    case "device-code":
      return {
        ...check,
        outcome: "ok",
        detail: `The user would sign in with a code on another device${mustBeAsked}: no browser is opened, because ${chosen.insteadOfBrowser}.`,
      };
    default:
      return {
        ...check,
        outcome: "skip",
        detail: `Nobody could sign in from here: no browser opens, because ${chosen.why}, and there is no terminal to show a code on.`,
        hint: "An app can show the code itself (the option userPromptCallback).",
      };
  }
}
