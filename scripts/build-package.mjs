// Builds one package (the current folder) as ES modules and as CommonJS, each with its types.
// `tsc` alone cannot do both: the CommonJS half needs a package.json that says what it is.
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";

rmSync("dist", { recursive: true, force: true });
for (const [kind, type] of [
  ["esm", "module"],
  ["cjs", "commonjs"],
]) {
  const { status } = spawnSync("tsc", ["-p", `tsconfig.${kind}.json`], { stdio: "inherit" });
  if (status !== 0) process.exit(1);
  mkdirSync(`dist/${kind}`, { recursive: true });
  writeFileSync(`dist/${kind}/package.json`, `${JSON.stringify({ type })}\n`);
}
