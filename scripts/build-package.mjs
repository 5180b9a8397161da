// Builds one package (the current folder) as ES modules and as CommonJS, each with its types.
// `tsc` alone cannot do both: the CommonJS half needs a package.json that says what it is.
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";

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

// `await import()` becomes a require() inside a function of its own. Bundlers let a package be missing only if the
// require() stands in the `try` statement itself.
for (const name of readdirSync("dist/cjs", { recursive: true }).filter((name) => name.endsWith(".js"))) {
  const text = readFileSync(`dist/cjs/${name}`, "utf8");
  const plain = text.replaceAll(
    /await Promise\.resolve\(\)\.then\(\(\) => (__importStar\(require\("[^"]+"\)\))\)/g,
    "await $1",
  );
  if (plain !== text) writeFileSync(`dist/cjs/${name}`, plain);
}
