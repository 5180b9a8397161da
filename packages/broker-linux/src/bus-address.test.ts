import { describe, expect, it } from "vitest";
import { addressKind, findBusAddress, sessionAdvice } from "./bus-address.js";

describe("the session bus's address", () => {
  it.each([
    [
      "the option first",
      "unix:path=/a",
      { DBUS_SESSION_BUS_ADDRESS: "unix:path=/b" },
      "unix:path=/a",
      "option",
    ],
    [
      "then the variable",
      undefined,
      { DBUS_SESSION_BUS_ADDRESS: "unix:path=/b", XDG_RUNTIME_DIR: "/run/user/1" },
      "unix:path=/b",
      "DBUS_SESSION_BUS_ADDRESS",
    ],
    [
      "then the runtime folder, an empty variable being none",
      undefined,
      { DBUS_SESSION_BUS_ADDRESS: "", XDG_RUNTIME_DIR: "/run/user/1000" },
      "unix:path=/run/user/1000/bus",
      "XDG_RUNTIME_DIR",
    ],
    [
      "escaped where the folder needs it",
      undefined,
      { XDG_RUNTIME_DIR: "/tmp/ä,b;c" },
      "unix:path=/tmp/%c3%a4%2cb%3bc/bus",
      "XDG_RUNTIME_DIR",
    ],
  ])("is %s", (_how, option, env, address, source) => {
    expect(findBusAddress(option, env)).toEqual({ address, source });
  });

  it("may be unknown", () => {
    expect(findBusAddress(undefined, {})).toBeUndefined();
  });

  it.each([
    ["unix:path=/home/ada/bus,guid=1", "unix:path"],
    ["unix:abstract=/tmp/x", "unix:abstract"],
    ["tcp:host=localhost,port=1", "tcp"],
    ["nonsense", "nonsense"],
  ])("%s is told as %s", (address, kind) => {
    expect(addressKind(address)).toBe(kind);
  });
});

describe("advice for a place without a session bus", () => {
  it.each([
    [{ container: "podman" }, "container"],
    // The rest is only reached outside containers, which tests may run in.
  ])("%j", (env, word) => {
    expect(sessionAdvice(env)).toContain(word);
  });

  it.each([
    [{ SSH_CONNECTION: "1 2 3 4" }, /SSH|container/],
    [{ INVOCATION_ID: "1" }, /user service|container/],
    [{}, /XDG_RUNTIME_DIR|container/],
  ])("%j gives one", (env, words) => {
    expect(sessionAdvice(env)).toMatch(words);
  });
});
