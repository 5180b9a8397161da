import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isInteropOn } from "./interop.js";

describe("WSL's interop", () => {
  let directory: string;
  const entry = (name: string, text: string) => writeFileSync(join(directory, name), text);
  const interop = "enabled\ninterpreter /init\nflags: P\noffset 0\nmagic 4d5a\n";

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "binfmt-"));
    entry("status", "enabled\n");
    entry("register", "");
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it.each(["WSLInterop", "WSLInterop-late", "anything"])("is on when %s takes Windows programs", (name) => {
    entry(name, interop);
    expect(isInteropOn(directory)).toBe(true);
  });

  it.each<[string, () => void]>([
    ["no entry at all", () => {}],
    ["an entry for something else", () => entry("python3.11", interop.replace("4d5a", "a70d0d0a"))],
    ["an entry that is disabled", () => entry("WSLInterop", interop.replace("enabled", "disabled"))],
    [
      "binfmt_misc disabled as a whole",
      () => {
        entry("WSLInterop", interop);
        entry("status", "disabled\n");
      },
    ],
    ["an entry that cannot be read", () => mkdirSync(join(directory, "WSLInterop"))],
  ])("is off with %s", (_what, prepare) => {
    prepare();
    expect(isInteropOn(directory)).toBe(false);
  });

  it("is off where binfmt_misc is not mounted", () => {
    expect(isInteropOn(join(directory, "nowhere"))).toBe(false);
  });
});
