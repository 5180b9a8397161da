import { afterEach, describe, expect, it, vi } from "vitest";
import { switchVariable, turnedOff } from "./broker-switch.js";
import { loadPlatformBroker } from "./load-platform-broker.js";
import { loadPlatformBrokerNow } from "./load-platform-broker-now.js";

afterEach(() => vi.unstubAllEnvs());

describe("X_BROKER_DISABLED", () => {
  it.each([undefined, "", "0", "false", "FALSE"])("leaves the broker on: %s", (value) => {
    expect(turnedOff({ [switchVariable]: value })).toBeUndefined();
  });

  it.each(["1", "true", "True"])("turns it off: %s", async (value) => {
    vi.stubEnv(switchVariable, value);
    const expected = {
      loaded: false,
      packageName: undefined,
      error: { code: "broker_unavailable", reason: "turned_off" },
      advice: ["Remove X_BROKER_DISABLED from the environment to use the broker."],
    };
    expect(await loadPlatformBroker()).toMatchObject(expected);
    expect(loadPlatformBrokerNow()).toMatchObject(expected);
  });

  it("refuses what is neither yes nor no, and leads to no fallback by a slip", async () => {
    vi.stubEnv(switchVariable, "maybe");
    expect(await loadPlatformBroker()).toMatchObject({
      loaded: false,
      error: { code: "invalid_request", reason: "invalid_switch" },
    });
  });
});
