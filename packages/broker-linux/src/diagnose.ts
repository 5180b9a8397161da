import type { BrokerError, DiagnosticCheck } from "@x/broker-contract";
import { type TitledCheck, withoutHint } from "@x/broker-protocol";
import type { ProcessFacts } from "./broker-process.js";
import type { Environment } from "./bus-address.js";
import type { KeyringState } from "./transport.js";

/** The checks of this platform, in order. */
export const checks = {
  nativeAddon: { id: "native-addon", title: "Native addon" },
  wsl: { id: "wsl", title: "WSL" },
  wslProxy: { id: "wsl-proxy", title: "WSL's broker proxy" },
  wslInterop: { id: "wsl-interop", title: "WSL's interop" },
  sessionBus: { id: "session-bus", title: "Session bus" },
  broker: { id: "broker", title: "Identity broker" },
  brokerVersion: { id: "broker-version", title: "Broker version" },
  keyring: { id: "keyring", title: "Keyring" },
  display: { id: "display", title: "Display for sign-in windows" },
  redirectUri: { id: "redirect-uri", title: "Redirect URI" },
} as const satisfies Record<string, TitledCheck>;

/** Windows' broker was not taken, because there is none to be had but another that answers. */
export function passedOver(error: BrokerError): DiagnosticCheck {
  return {
    ...checks.wsl,
    outcome: "skip",
    detail: `Not Windows' broker but the one of this distribution answers. ${withoutHint(error)}`,
    hint: error.hint,
  };
}

export function keyringCheck(state: KeyringState): DiagnosticCheck {
  const titled = checks.keyring;
  switch (state) {
    case "unlocked":
      return { ...titled, outcome: "ok", detail: "A Secret Service runs and is unlocked." };
    case "locked":
      return {
        ...titled,
        outcome: "fail",
        detail: "The keyring is locked: the broker cannot read its secrets and knows no accounts.",
        hint: "Unlock it: log in again with your password, or open Passwords and Keys (seahorse) and unlock Login.",
      };
    case "none":
      return {
        ...titled,
        outcome: "skip",
        detail:
          "No Secret Service runs on this bus. Microsoft's broker keeps its secrets in one (GNOME Keyring).",
      };
    case "unknown":
      return { ...titled, outcome: "skip", detail: "The Secret Service does not say whether it is locked." };
  }
}

/** The broker shows its windows itself: what counts is its own environment, if that can be seen. */
export function displayCheck(broker: ProcessFacts | undefined, env: Environment): DiagnosticCheck {
  const titled = checks.display;
  const ofBroker = broker?.hasDisplay;
  const ours = Boolean(env["DISPLAY"] || env["WAYLAND_DISPLAY"]);
  if (ofBroker ?? ours) {
    const whose = ofBroker === undefined ? "This session" : "The broker";
    return { ...titled, outcome: "ok", detail: `${whose} has a display.` };
  }
  if (!ours) {
    return {
      ...titled,
      outcome: "skip",
      detail:
        "No graphical session: neither DISPLAY nor WAYLAND_DISPLAY is set. Only silent sign-in can work here.",
    };
  }
  return {
    ...titled,
    outcome: "fail",
    detail:
      "This session has a display, but the broker was started without one: only silent sign-in can work.",
    hint: "Run `dbus-update-activation-environment DISPLAY WAYLAND_DISPLAY XAUTHORITY` in the graphical session, then end the broker so that the bus starts it anew.",
  };
}

export const emulatorNeedsNoDisplay: DiagnosticCheck = {
  ...checks.display,
  outcome: "skip",
  detail: "An emulator shows no windows.",
};
