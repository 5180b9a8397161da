import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { plot } from "./plot.mjs";
import { ratios, summary } from "./statistics.mjs";

const program = join(import.meta.dirname, "bench.mjs");

interface Row {
  group: string;
  name: string;
  unit: string;
  ours: { median: number } | null;
  floor: { median: number } | null;
}

describe("the bench", () => {
  it("runs, and writes every row", async () => {
    const folder = mkdtempSync(join(tmpdir(), "bench-test-"));
    try {
      const file = join(folder, "rows.json");
      const { stdout } = await promisify(execFile)(
        process.execPath,
        [program, "--quick", "--no-peer", "--json", file],
        { maxBuffer: 16 * 1024 * 1024 },
      );
      expect(stdout).toContain("times the floor");
      expect(stdout).toContain("is not measured: --no-peer was given");
      const { rows } = JSON.parse(readFileSync(file, "utf8")) as { rows: Row[] };
      const names = rows.map(({ group, name }) => `${group}: ${name}`).join("\n");
      for (const part of [
        "import, nothing used yet: time",
        "import, addon loaded: memory added",
        "shared objects mapped",
        "probe: a broker is there",
        "probe: no broker",
        "silent token, one at a time: latency p99",
        "silent token, 32 at once: calls per second",
        "50 at once: CPU of the client per call",
        "event-loop delay p99",
        "getToken from the cache",
        "getAccounts: 10 accounts",
        "interactive token, less the user: latency p50",
        "sign-out: latency p50",
        "growth over",
        "size of what an app installs: unpacked",
      ]) {
        expect(names).toContain(part);
      }
      for (const { name, unit, ours } of rows) {
        expect({ name, measured: Number.isFinite(ours?.median), unit }).toEqual({
          name,
          measured: true,
          unit,
        });
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it("says what it can do, and refuses what it does not know", async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [program, "--help"]);
    expect(stdout).toContain("--json FILE");
    await expect(promisify(execFile)(process.execPath, [program, "--fast"])).rejects.toMatchObject({
      code: 2,
    });
  });
});

describe("its numbers", () => {
  it("are medians, with the lowest and the highest round", () => {
    expect(summary([3, 1, 2])).toEqual({ median: 2, low: 1, high: 3, rounds: 3 });
  });

  it("are held against each other round by round", () => {
    expect(ratios([10, 40], [1, 2, 3])).toEqual({ median: 15, low: 10, high: 20, rounds: 2 });
    expect(ratios(undefined, [1])).toBeUndefined();
    expect(ratios([1], [0])).toBeUndefined();
  });
});

it("plots charts as well-formed SVG", () => {
  const chart = {
    title: "a < b",
    x: "calls",
    y: "ms",
    series: [
      {
        label: "ours & theirs",
        color: "#000",
        points: [
          [1, 0.5],
          [1000, 20],
        ] as const,
      },
    ],
  };
  const svg = plot([chart, chart], "caption");
  expect(svg).toContain("a &lt; b");
  expect(svg).toContain("ours &amp; theirs");
  expect(svg.match(/<circle/g)).toHaveLength(4);
  expect(svg).not.toMatch(/NaN|Infinity|undefined/);
});
