import { describe, expect, it } from "vitest";
import { chooseWay } from "./choose-way.js";
import { defaultFallback } from "./fallback-kind.js";
import { browserHere, readSurroundings, type Surroundings } from "./surroundings.js";

const desktop: Surroundings = {
  platform: "linux",
  env: { DISPLAY: ":0" },
  isRoot: false,
  isWsl: false,
  isTerminal: true,
  hasProgram: (name) => name === "xdg-open",
};
const has =
  (...names: string[]) =>
  (name: string) =>
    names.includes(name);

describe("a browser opens", () => {
  it.each<[string, Partial<Surroundings>, string, string[]]>([
    ["on an X11 desktop", {}, "xdg-open", []],
    ["on a Wayland desktop", { env: { WAYLAND_DISPLAY: "wayland-0" } }, "xdg-open", []],
    ["on macOS", { platform: "darwin", env: {} }, "/usr/bin/open", []],
    [
      "on Windows, by its own program",
      { platform: "win32", env: { SystemRoot: "D:\\Win", USERPROFILE: "C:\\Users\\ada" } },
      "D:\\Win\\System32\\rundll32.exe",
      ["url.dll,FileProtocolHandler"],
    ],
    ["in WSL", { isWsl: true, env: {}, hasProgram: has("wslview", "xdg-open") }, "wslview", []],
    [
      "in WSL without wslu",
      { isWsl: true, env: {}, hasProgram: has("rundll32.exe") },
      "rundll32.exe",
      ["url.dll,FileProtocolHandler"],
    ],
    [
      "where BROWSER names one, in an SSH session of root as well",
      { env: { BROWSER: "/opt/b --new-tab %s:w3m", SSH_CONNECTION: "x" }, isRoot: true },
      "/opt/b",
      ["--new-tab"],
    ],
  ])("%s", (_where, surroundings, program, args) => {
    expect(browserHere({ ...desktop, ...surroundings })).toEqual({ opens: true, command: { program, args } });
  });
});

describe("no browser opens", () => {
  it.each<[string, Partial<Surroundings>, RegExp]>([
    ["in an SSH session", { env: { DISPLAY: ":10", SSH_CONNECTION: "x" } }, /SSH session/],
    ["in an SSH session of macOS", { platform: "darwin", env: { SSH_TTY: "/dev/ttys1" } }, /SSH session/],
    ["for root", { isRoot: true }, /runs as root/],
    ["without a display", { env: { DISPLAY: "", BROWSER: "" } }, /no display/],
    ["without a program for it", { hasProgram: () => false }, /xdg-open/],
    [
      "for a Windows service",
      { platform: "win32", env: { USERPROFILE: "C:\\Windows\\system32\\config\\systemprofile" } },
      /Windows service/,
    ],
    [
      "for a Windows service of its own account",
      { platform: "win32", env: { USERPROFILE: "C:\\Windows\\ServiceProfiles\\LocalService" } },
      /Windows service/,
    ],
  ])("%s", (_where, surroundings, why) => {
    expect(browserHere({ ...desktop, ...surroundings })).toEqual({
      opens: false,
      why: expect.stringMatching(why),
    });
  });
});

describe("the way that is chosen", () => {
  const headless = { ...desktop, env: {} };
  it.each<[string, ReturnType<typeof chooseWay>, unknown]>([
    ["a browser", chooseWay("browser", false, desktop), { way: "browser" }],
    [
      "a code at a terminal without a display",
      chooseWay("browser", false, headless),
      { way: "device-code", insteadOfBrowser: expect.stringContaining("no display") },
    ],
    [
      "a code that the app shows",
      chooseWay("browser", true, { ...headless, isTerminal: false }),
      { way: "device-code" },
    ],
    [
      "none where nobody looks",
      chooseWay("browser", false, { ...headless, isTerminal: false }),
      { way: undefined },
    ],
    [
      "a code where it was asked for",
      chooseWay("device-code", false, { ...desktop, isTerminal: false }),
      { way: "device-code" },
    ],
  ])("%s", (_what, chosen, expected) => {
    expect(chosen).toMatchObject(expected as object);
  });

  it("by default: none on Windows, a browser elsewhere", () => {
    expect(["win32", "linux", "darwin"].map(defaultFallback)).toEqual(["none", "browser", "browser"]);
  });
});

it("looks at this process", () => {
  const { platform, isTerminal, hasProgram } = readSurroundings();
  expect({ platform, isTerminal }).toEqual({
    platform: process.platform,
    isTerminal: process.stderr.isTTY === true,
  });
  expect(hasProgram("surely-no-such-program")).toBe(false);
  if (process.platform !== "win32") expect(hasProgram("sh")).toBe(true);
});
