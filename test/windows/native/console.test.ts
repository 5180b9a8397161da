import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { createTemporaryDirectory } from "../../support/temporary-directory.mjs";
import { addonFile } from "../../support/wine/fake-wam-file.mjs";
import { wineEnvironment, winePrefix } from "../../support/wine/prefix.mjs";
import { whyWindowsCannotRun } from "../../support/wine/requirements.mjs";
import { windowsPath } from "../../support/wine/run-windows-node.mjs";
import { windowsNode } from "../../support/wine/windows-node.mjs";

const has = (program: string) => spawnSync(program, ["--version"], { stdio: "ignore" }).status === 0;

// Wine gives a process a console window only when its output is a terminal.
it("tells the window of the terminal that a program runs in", async (context) => {
  const reason =
    (await whyWindowsCannotRun([addonFile])) ??
    (process.platform === "win32" ? "Windows' own console is tested by the other suites." : undefined) ??
    (has("script") ? undefined : "There is no script(1) here, which makes a terminal (package bsdutils).");
  if (reason !== undefined) context.skip(reason);

  const folder = createTemporaryDirectory("console");
  const result = join(folder.path, "result.json");
  const program = join(folder.path, "program.cjs");
  writeFileSync(
    program,
    `const addon = require(${JSON.stringify(windowsPath(addonFile))});
    const facts = addon.windowFacts(addon.consoleWindow());
    require("node:fs").writeFileSync(${JSON.stringify(windowsPath(result))}, JSON.stringify(facts));`,
  );
  const command = ["wine", await windowsNode(), windowsPath(program)].map((part) => `'${part}'`).join(" ");
  const ran = spawnSync("script", ["-qec", command, "/dev/null"], {
    env: { ...process.env, ...wineEnvironment(await winePrefix()) },
    input: "",
    encoding: "utf8",
  });
  expect(ran.status, ran.stdout).toBe(0);
  expect(JSON.parse(readFileSync(result, "utf8"))).toMatchObject({
    exists: true,
    className: "WineConsoleClass",
  });
  folder.remove();
});
