import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeEach, describe, expect, it } from "vitest";
import { llvmTool } from "../../../scripts/native-clang.mjs";
import { needDouble, skipUnlessCi } from "../../../test/doubles/authentication-services/double.js";

const run = promisify(execFile);
const native = join(import.meta.dirname, "../../../native");
const build = join(import.meta.dirname, "../build/cmake", process.arch);

/** How one file is compiled, as CMake tells. */
interface CompileCommand {
  readonly directory: string;
  readonly command: string;
  readonly file: string;
}

/** References counted by hand, and none of ARC's help: a checker counts along. */
describe("clang-tidy, with the checker of Cocoa's reference counts", () => {
  let clangTidy: string;

  beforeEach((test) => {
    needDouble(test);
    const tool = llvmTool("clang-tidy");
    if (tool === undefined) return skipUnlessCi(test, "clang-tidy is not installed");
    clangTidy = tool;
  });

  /** What it finds in a file; empty if nothing. */
  async function findings(file: string, database: string): Promise<string> {
    const config = `--config-file=${join(native, ".clang-tidy")}`;
    try {
      await run(clangTidy, ["-p", database, "--quiet", config, file]);
      return "";
    } catch (error) {
      return String((error as { stdout?: unknown }).stdout);
    }
  }

  it("finds nothing in the Objective-C++ sources", { timeout: 300_000 }, async () => {
    const files = readdirSync(join(native, "mac"))
      .filter((name) => name.endsWith(".mm"))
      .map((name) => join(native, "mac", name));
    expect(files.length).toBeGreaterThanOrEqual(4);
    const found: string[] = [];
    const work = files.values();
    const worker = async () => {
      for (const file of work) found.push(await findings(file, build));
    };
    await Promise.all(Array.from({ length: availableParallelism() }, worker));
    expect(found.filter((text) => text !== "")).toEqual([]);
  });

  it.each([
    [
      "use after release",
      'NSObject* object = [[NSObject alloc] init]; [object release]; NSLog(@"%@", [object description]);',
      "after it is released",
    ],
    ["a leak", 'NSObject* object = [[NSObject alloc] init]; NSLog(@"%@", [object description]);', "leak"],
  ])("finds %s that was put there", { timeout: 120_000 }, async (_what, code, finding) => {
    const folder = mkdtempSync(join(tmpdir(), "broker-mac-tidy-"));
    try {
      const commands = JSON.parse(
        readFileSync(join(build, "compile_commands.json"), "utf8"),
      ) as CompileCommand[];
      const like = commands.find(({ file }) => file.endsWith("main_run_loop.mm"));
      if (like === undefined) throw new Error("main_run_loop.mm is not compiled any more");
      const file = join(folder, "planted.mm");
      writeFileSync(file, `#import <Foundation/Foundation.h>\nvoid planted() { ${code} }\n`);
      const planted = { ...like, file, command: like.command.replaceAll(like.file, file) };
      writeFileSync(join(folder, "compile_commands.json"), JSON.stringify([planted]));
      const found = await findings(file, folder);
      expect(found).toContain("clang-analyzer-osx.cocoa.RetainCount");
      expect(found).toContain(finding);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
