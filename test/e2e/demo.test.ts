// What `npm run demo` runs after building.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const demo = fileURLToPath(new URL("../../scripts/demo.mjs", import.meta.url));

describe("the demo", () => {
  let temporary: string;
  beforeEach(() => {
    temporary = mkdtempSync(join(tmpdir(), "x-broker-demo-test-"));
  });
  afterEach(() => {
    rmSync(temporary, { recursive: true, force: true });
  });

  /** Runs the demo, with a temporary folder of its own; `onLine` sees what it prints. */
  async function runDemo(onLine?: (line: string, process: ReturnType<typeof spawn>) => void) {
    const child = spawn(process.execPath, [demo], {
      env: { ...process.env, TMPDIR: temporary },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    child.stderr.on("data", (chunk) => {
      output += chunk;
    });
    createInterface({ input: child.stdout }).on("line", (line) => {
      output += `${line}\n`;
      onLine?.(line, child);
    });
    const [code] = await once(child, "close");
    return { code, output };
  }

  it("lists the containers, says that the broker is an emulator, shows no token, leaves nothing behind", async () => {
    const { code, output } = await runDemo();
    expect(code, output).toBe(0);
    expect(output).toContain("EMULATOR");
    expect(output).toContain("│ telescope-logs");
    expect(output).toContain("verified with the tenant's published key set");
    expect(output).toContain("It worked.");
    expect(output).not.toContain("eyJ");
    expect(output).not.toContain("\u001b[");
    expect(readdirSync(temporary)).toEqual([]);
  });

  it("cleans up when it is interrupted", async () => {
    const { code, output } = await runDemo((line, child) => {
      if (line.includes("list-blob-containers.mjs")) child.kill("SIGINT");
    });
    expect(code, output).toBe(130);
    expect(output).toContain("Interrupted");
    expect(readdirSync(temporary)).toEqual([]);
  });
});
