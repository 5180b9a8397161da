import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isTooOld, readCompanyPortal } from "./company-portal.js";

describe("the Company Portal", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "company-portal-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** A program in place of macOS' reader of property lists: it prints this, and what it was asked. */
  async function reader(output: string, code = 0): Promise<string> {
    const program = join(folder, "plutil");
    await writeFile(
      program,
      `#!/bin/sh\nprintf '%s' "$*" > '${folder}/asked'\nprintf '%s' '${output}'\nexit ${code}\n`,
    );
    await chmod(program, 0o700);
    return program;
  }
  async function infoFile(): Promise<string> {
    const file = join(folder, "Info.plist");
    await writeFile(file, "bplist00");
    return file;
  }

  it("is missing where its file is", async () => {
    const places = { infoFile: join(folder, "none"), plutil: await reader("5.2603.1") };
    expect(await readCompanyPortal(places)).toEqual({ installed: false });
  });

  it("tells its version, as macOS reads it", async () => {
    const places = { infoFile: await infoFile(), plutil: await reader("5.2603.1\n") };
    expect(await readCompanyPortal(places)).toEqual({
      installed: true,
      version: "5.2603.1",
      changedAt: expect.any(Number),
    });
  });

  it.each([
    ["no version", "", 0],
    ["something else", "Could not extract value", 0],
    ["an error", "5.2603", 1],
  ])("is there although its reader gives %s", async (_what, output, code) => {
    const places = { infoFile: await infoFile(), plutil: await reader(output, code) };
    expect(await readCompanyPortal(places)).toEqual({ installed: true, changedAt: expect.any(Number) });
  });

  it.each([
    ["5.2602.99", true],
    ["4.9999", true],
    ["5.2603", false],
    ["5.2603.0", false],
    ["5.2604.2", false],
    ["6.1", false],
    [undefined, false],
  ])("version %s is too old: %s", (version, expected) => {
    expect(isTooOld({ installed: true, ...(version !== undefined && { version }) })).toBe(expected);
  });
});
