import type { CallFacts } from "@x/broker-protocol";
import { describe, expect, it } from "vitest";
import { dbusError } from "./dbus-errors.js";
import { busError } from "./testing/protocol/fake-bus.js";

const facts: CallFacts = {
  operation: "getAccounts",
  platform: "linux",
  correlationId: "00000000-0000-4000-8000-000000000001",
};

describe("D-Bus errors", () => {
  it.each([
    [
      "NoReply",
      "Message recipient disconnected from message bus without replying",
      "broker_unavailable",
      "broker_died",
    ],
    ["NoReply", "Remote peer disconnected", "broker_unavailable", "broker_died"],
    ["NoReply", "Did not receive a reply. Possible causes include: …", "timed_out", undefined],
    ["TimedOut", "", "timed_out", undefined],
    ["Timeout", "", "timed_out", undefined],
    ["Disconnected", "", "broker_unavailable", "bus_lost"],
    ["ServiceUnknown", "", "broker_unavailable", "broker_died"],
    ["NameHasNoOwner", "", "broker_unavailable", "broker_died"],
    ["Spawn.ChildExited", "exited with status 1", "broker_unavailable", "activation_failed"],
    ["Spawn.ExecFailed", "No such file", "broker_unavailable", "activation_failed"],
    ["org.freedesktop.systemd1.NoSuchUnit", "", "broker_unavailable", "activation_failed"],
    ["UnknownObject", "", "temporarily_unavailable", "not_ready"],
    ["UnknownInterface", "", "temporarily_unavailable", "not_ready"],
    ["UnknownMethod", "", "not_supported", undefined],
    ["NotSupported", "", "not_supported", undefined],
    ["Failed", "Not implemented", "not_supported", undefined],
    ["AccessDenied", "", "broker_unavailable", "access_denied"],
    ["LimitsExceeded", "", "temporarily_unavailable", undefined],
    ["InvalidArgs", "", "protocol_error", undefined],
    ["Failed", "Missing account username in request", "not_supported", "account_needed"],
    ["Failed", "cannot open display: ", "broker_failed", "no_display"],
    ["Failed", "boom", "broker_failed", undefined],
    ["Failed", "AADSTS50011: redirect", "redirect_uri_mismatch", undefined],
    ["com.example.Error.Whatever", "boom", "broker_failed", undefined],
  ] as const)("%s %j is %s (%s)", (name, text, code, reason) => {
    const error = dbusError(busError(name, text), facts);
    expect(error).toMatchObject({ code, reason, correlationId: facts.correlationId });
    expect(error.native["dbusError"]).toContain(name);
    expect(error.hint.length).toBeGreaterThan(10);
  });

  it("are told without names and tokens", () => {
    const told = JSON.stringify(
      dbusError(busError("Failed", "no luck for ada@contoso.example eyJhbGciOiJub25lIn0.e30.x"), facts),
    );
    expect(told).not.toMatch(/ada@|eyJ/);
  });
});
