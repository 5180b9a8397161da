import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { skipUnlessCi } from "../doubles/authentication-services/double.js";
import { platforms } from "./platforms.mjs";
import { plot } from "./plot.mjs";
import { ratios, summary } from "./statistics.mjs";
import { recorder, replay } from "./subjects/bare-binding.mjs";

const program = join(import.meta.dirname, "bench.mjs");

interface Row {
  platform: string;
  group: string;
  name: string;
  ours: { median: number } | null;
  floor: { median: number } | null;
}

const everyRow = [
  "import, nothing used yet: time",
  "import, addon loaded: memory added",
  "shared objects mapped",
  "import of a package of one line: time",
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
];
const rowsOfLinux = [
  "from nothing to the first silent token: time",
  "to the first silent token: memory added",
  "size of what an app installs: unpacked",
];

async function runQuickly(platform: string): Promise<{ stdout: string; rows: readonly Row[] }> {
  const folder = mkdtempSync(join(tmpdir(), "bench-test-"));
  try {
    const file = join(folder, "rows.json");
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [program, "--quick", "--no-peer", "--platform", platform, "--json", file],
      { maxBuffer: 16 * 1024 * 1024 },
    );
    const { rows } = JSON.parse(readFileSync(file, "utf8")) as { rows: Row[] };
    expect(rows.every((row) => row.platform === platform)).toBe(true);
    return { stdout, rows };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The rows are there, each with a number of ours, and of the floor where it takes part. */
function expectAll(rows: readonly Row[], parts: readonly string[]): void {
  const names = rows.map(({ group, name }) => `${group}: ${name}`).join("\n");
  for (const part of parts) expect(names).toContain(part);
  for (const { group, name, ours, floor } of rows) {
    const hasFloor = group !== "size of what an app installs";
    const hasOurs = !name.includes("one line");
    expect({ name, ours: Number.isFinite(ours?.median), floor: Number.isFinite(floor?.median) }).toEqual({
      name,
      ours: hasOurs,
      floor: hasFloor,
    });
  }
}

describe("the bench", () => {
  it("runs, and writes every row", async () => {
    const { stdout, rows } = await runQuickly("linux");
    expect(stdout).toContain("times the floor");
    expect(stdout).toContain("is not measured: --no-peer was given");
    expectAll(rows, [...everyRow, ...rowsOfLinux]);
  });

  it.for(Object.values(platforms).filter(({ name }) => name !== "linux"))(
    "runs for $name over its double",
    { timeout: 300_000 },
    async (platform, test) => {
      const lacking = await platform.missing();
      if (lacking !== "") skipUnlessCi(test, lacking);
      const { stdout, rows } = await runQuickly(platform.name);
      expect(stdout).toContain("this says nothing about times on");
      expect(stdout).not.toContain("better than peer");
      expectAll(rows, everyRow);
    },
  );

  it("says what it can do, and refuses what it does not know", async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [program, "--help"]);
    expect(stdout).toContain("--json FILE");
    for (const args of [["--fast"], ["--platform", "solaris"]])
      await expect(promisify(execFile)(process.execPath, [program, ...args])).rejects.toMatchObject({
        code: 2,
      });
  });
});

describe("the floor over a double", () => {
  it("asks the addon what our side asked, in the same order, and in a turn of its own", async () => {
    const asked: unknown[] = [];
    const turns = [1, 2].map((number) => ({ number, end: () => asked.push(`end ${number}`) }));
    const waiting = [...turns];
    const answered = (result?: unknown) => ({ result: Promise.resolve(result) });
    const binding = {
      beginInteractive: () => answered(waiting.shift()),
      requestToken: (request: object) => {
        asked.push(request);
        return answered();
      },
      session: () => asked.push("session"),
    };
    const noted = recorder(binding, ["beginInteractive", "requestToken"]);
    const turn = await noted.binding.beginInteractive().result;
    noted.binding.session();
    await noted.binding.requestToken({ scope: "a" }).result;
    await noted.binding.requestToken({ scope: "b", turn }).result;
    const steps = noted.take();
    expect(noted.take()).toEqual([]);

    asked.length = 0;
    await replay(binding, steps);
    expect(asked).toEqual([{ scope: "a" }, { scope: "b", turn: turns[1] }, "end 2"]);
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
