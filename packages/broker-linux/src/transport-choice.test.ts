import { describe, expect, it } from "vitest";
import { createLinuxBroker } from "./index.js";
import { readTransportChoice, type TransportChoice } from "./transport-choice.js";

describe("which broker to ask", () => {
  it.each<[TransportChoice | undefined, string | undefined, TransportChoice]>([
    [undefined, undefined, "auto"],
    [undefined, "", "auto"],
    [undefined, "wsl", "wsl"],
    [undefined, "dbus", "dbus"],
    ["dbus", "wsl", "dbus"],
    ["auto", "wsl", "auto"],
    ["wsl", "nonsense", "wsl"],
  ])("the option %s and the variable %s make %s", (option, value, choice) => {
    expect(readTransportChoice(option, { X_BROKER_TRANSPORT: value })).toBe(choice);
  });

  it("refuses an option that is none", () => {
    expect(() => createLinuxBroker({ transport: "windows" as TransportChoice })).toThrow(
      new TypeError("transport must be one of auto, dbus, wsl."),
    );
  });

  it("refuses a variable that is none, and says what it may be", () => {
    expect(() => createLinuxBroker({ env: { X_BROKER_TRANSPORT: "windows" } })).toThrow(
      expect.objectContaining({
        name: "BrokerError",
        code: "invalid_request",
        reason: "invalid_transport",
        hint: "Set it to one of auto, dbus, wsl, or remove it.",
      }),
    );
  });
});
