// What the READMEs of @x/broker and the platform packages show must compile as it stands.
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const run = promisify(execFile);
const { resolve } = createRequire(import.meta.url);
const snippetsOf = (name: string) => {
  const readme = readFileSync(join(dirname(resolve(`${name}/package.json`)), "README.md"), "utf8");
  return [...readme.matchAll(/```js\n([\s\S]*?)```/g)].map(([, code]) => code ?? "");
};
const compiler = fileURLToPath(new URL("../../node_modules/.bin/tsc", import.meta.url));

it.each([
  ["@x/broker", 2],
  ["@x/broker-linux", 1],
  ["@x/broker-mac", 1],
])("the README of %s has snippets that compile as they stand", async (name, least) => {
  const snippets = snippetsOf(name);
  expect(snippets.length).toBeGreaterThanOrEqual(least);
  // Inside this package, so that snippets find what they import.
  const folder = await mkdtemp(fileURLToPath(new URL("broker-snippet-", import.meta.url)));
  try {
    for (const [index, code] of snippets.entries()) await writeFile(join(folder, `${index}.mjs`), code);
    const compilerOptions = { allowJs: true, checkJs: true, noEmit: true, strict: true, skipLibCheck: true };
    const config = {
      compilerOptions: { ...compilerOptions, module: "nodenext", target: "es2023", types: ["node"] },
      include: ["*.mjs"],
    };
    await writeFile(join(folder, "tsconfig.json"), JSON.stringify(config));
    const failed = await run(compiler, ["-p", folder]).then(
      () => "",
      (error: { stdout?: string }) => error.stdout ?? String(error),
    );
    expect(failed).toBe("");
  } finally {
    await rm(folder, { recursive: true });
  }
});
