// What a stranger's compiler makes of the packages' types.
import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { expect, it } from "vitest";
import { packPackage } from "./stranger.js";

const run = promisify(execFile);
const compiler = fileURLToPath(new URL("../../node_modules/.bin/tsc", import.meta.url));

it.each([
  ["an ES module", "drop-in.mts", {}],
  ["CommonJS", "drop-in.cts", {}],
  ["an ES module with exact optional properties", "drop-in.mts", { exactOptionalPropertyTypes: true }],
  ["a bundled module", "drop-in.mts", { module: "esnext", moduleResolution: "bundler" }],
])("the drop-ins fit what they stand in for, in %s", { timeout: 120_000 }, async (_, file, more) => {
  // Inside this package, so that the program finds what it imports.
  const folder = mkdtempSync(join(import.meta.dirname, "compiled-"));
  try {
    cpSync(join(import.meta.dirname, "types/drop-in.ts"), join(folder, file));
    const compilerOptions = {
      module: "nodenext",
      target: "es2023",
      strict: true,
      noEmit: true,
      types: ["node"],
    };
    const config = { compilerOptions: { ...compilerOptions, skipLibCheck: true, ...more }, include: [file] };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
    const said = await run(compiler, ["-p", folder]).then(
      ({ stdout }) => stdout,
      (error: { stdout?: string }) => error.stdout ?? String(error),
    );
    expect(said).toBe("");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

it.each(["broker", "msal-node-runtime"])(
  "@x/%s resolves to the right types in every way",
  { timeout: 120_000 },
  async (name) => {
    const { tarball, remove } = await packPackage(name);
    try {
      const { types, problems = [] } = (await checkPackage(createPackageFromTarballData(tarball))) as {
        types: unknown;
        problems?: readonly { kind: string; entrypoint?: string; resolutionKind?: string }[];
      };
      expect(types).toMatchObject({ kind: "included" });
      // Node.js 10's resolution knows no `exports`; nobody who has it can run these packages.
      expect(problems.filter(({ resolutionKind }) => resolutionKind !== "node10")).toEqual([]);
      const { messages, pkg } = await publint({
        pack: { tarball: tarball.buffer },
        level: "warning",
        strict: true,
      });
      expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
    } finally {
      remove();
    }
  },
);
