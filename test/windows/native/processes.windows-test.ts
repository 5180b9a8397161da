// The addon in processes and workers of its own: how they end while Windows is still at work, and who else loads it.
import { execFile } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Worker } from "node:worker_threads";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import {
  addon,
  addonPath,
  fake,
  findProvider,
  later,
  logged,
  never,
  openWindow,
  script,
  silently,
  token,
} from "./scripted-wam.js";

/** What a script of its own starts with: the fake, the addon, and a provider. */
const prologue = `
  const fake = require(process.env.BROKER_FAKE_WAM);
  const addon = require(process.env.BROKER_WIN_ADDON);
  const provider = { id: "https://login.microsoft.com", displayName: "Work", authority: "organizations" };
  const request = (provider) => ({
    mode: "silent", provider, scope: "s", clientId: "c", properties: {}, appProperties: {},
  });
  function start(onToken) {
    fake.start((json) => {
      const { call, n } = JSON.parse(json);
      return call.startsWith("FindAccountProvider") ? { provider } : onToken(n);
    }, () => {}, [], "");
    return addon.findProvider({ id: "https://login.windows.local" }).result;
  }
`;

/** Runs a script in a process of its own; rejects if it does not end well. */
async function runAlone(body: string, program = process.execPath): Promise<string> {
  const code = `${prologue}\n(async () => {${body}})();`;
  const { stdout } = await promisify(execFile)(program, ["-e", code], { timeout: 60_000 });
  return stdout.trim();
}

// Wine starts the process of its desktop with the first window, which would inherit a child's output, and keep it open.
beforeAll(() => {
  fake.openWindow();
});

describe("a process", () => {
  it("ends by itself though it holds WinRT objects and a turn", async () => {
    const output = runAlone(`
      globalThis.kept = [await start(), await addon.beginInteractive().result];
      process.stdout.write("done");
    `);
    expect(await output).toBe("done");
  });

  it("waits for an operation under way", async () => {
    const output = runAlone(`
      const found = await start((n) => void setTimeout(() => fake.answer(n, { status: 0 }), 200).unref());
      addon.requestToken(request(found)).result.then(({ status }) => process.stdout.write("status " + status));
    `);
    expect(await output).toBe("status 0");
  });

  it("does not wait where it is told so", async () => {
    const output = runAlone(`
      const found = await start(() => undefined);
      addon.requestToken({ ...request(found), keepAlive: false }).result.then(() => process.stdout.write("late"));
      addon.beginInteractive({ keepAlive: false });
      process.stdout.write("done");
    `);
    expect(await output).toBe("done");
  });

  it.each(["silent", "window", "pane", "turn"])("can exit in the middle of things (%s)", async (kind) => {
    const output = runAlone(`
      let asked;
      const pending = new Promise((resolve) => { asked = resolve; });
      const found = await start(() => void asked());
      const turn = await addon.beginInteractive().result;
      const window = fake.openWindow();
      if (${JSON.stringify(kind)} === "silent") addon.requestToken(request(found));
      if (${JSON.stringify(kind)} === "window") addon.requestToken({ ...request(found), mode: "window", turn, window });
      if (${JSON.stringify(kind)} === "pane") {
        addon.pickProvider({ turn, window, headerText: "", providers: [found] });
      }
      if (${JSON.stringify(kind)} === "turn") { addon.beginInteractive(); asked(); }
      await pending;
      process.stdout.write("exits", () => process.exit(0));
    `);
    expect(await output).toBe("exits");
  });

  it("can exit while answers come in", async () => {
    const output = runAlone(`
      let left = 200;
      const found = await start((n) => {
        setImmediate(() => fake.answer(n, { status: 0 }));
        if (--left === 0) process.stdout.write("exits", () => process.exit(0));
      });
      for (let i = 0; i < 400; ++i) addon.requestToken(request(found)).result.catch(() => {});
    `);
    expect(await output).toBe("exits");
  });

  it("may be called anything: the addon takes Node-API from whatever program loads it", async () => {
    const folder = mkdtempSync(join(tmpdir(), "renamed-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const program = join(folder, "electron.exe");
    copyFileSync(process.execPath, program);
    const output = runAlone(
      `
      const found = await start(() => ({ status: 0 }));
      const { status } = await addon.requestToken(request(found)).result;
      process.stdout.write(require("node:path").basename(process.execPath) + " " + status);
    `,
      program,
    );
    expect(await output).toBe("electron.exe 0");
  });

  it("may load it twice, as two files", async () => {
    const folder = mkdtempSync(join(tmpdir(), "copied-"));
    const copy = join(folder, "broker-win.node");
    copyFileSync(addonPath, copy);
    const output = runAlone(`
      const other = require(${JSON.stringify(copy)});
      const found = await start(() => ({ status: 0 }));
      const theirs = await other.findProvider({ id: "https://login.windows.local" }).result;
      const both = await Promise.all([
        addon.requestToken(request(found)).result,
        other.requestToken(request(theirs)).result,
        addon.requestToken(request(theirs)).result.catch(({ code }) => ({ status: code })),
      ]);
      process.stdout.write(both.map(({ status }) => status).join());
    `);
    // An object of the other copy is refused: nobody knows whether it is laid out the same.
    expect(await output).toBe("0,0,invalid_argument");
    rmSync(folder, { recursive: true, force: true });
  });
});

describe("a worker", () => {
  /** A worker that says "asked" when its request is under way, and then what became of it. */
  function startWorker(body: string): Worker {
    const code = `
      const { parentPort } = require("node:worker_threads");
      const addon = require(process.env.BROKER_WIN_ADDON);
      (async () => {
        const provider = await addon.findProvider({ id: "https://login.windows.local" }).result;
        const request = { mode: "silent", provider, scope: "s", clientId: "c", properties: {}, appProperties: {} };
        ${body}
      })();
    `;
    return new Worker(code, { eval: true });
  }

  const message = (worker: Worker) =>
    new Promise<unknown>((resolve, reject) => {
      worker.once("message", resolve);
      worker.once("error", reject);
    });

  it("has tokens of its own", async () => {
    script();
    const worker = startWorker(
      "addon.requestToken(request).result.then(({ status }) => parentPort.postMessage(status));",
    );
    expect(await message(worker)).toBe(0);
  });

  it("can be terminated in the middle of a request, which is then cancelled", async () => {
    const asked = later<AbortSignal>();
    script({
      GetTokenSilentlyAsync: ({ signal }) => {
        asked.resolve(signal);
        return never;
      },
    });
    const worker = startWorker("addon.requestToken(request);");
    const signal = await asked.promise;
    await worker.terminate();
    await expect.poll(() => signal.aborted).toBe(true);
    await expect.poll(() => addon.stats().operations).toBe(0);
    expect(await addon.findProvider({ id: "x" }).result).not.toBeNull();
  });

  it("that is terminated gives back its turn, and closes its window", async () => {
    const asked = later<AbortSignal>();
    script({
      RequestTokenForWindowAsync: ({ signal }) => {
        asked.resolve(signal);
        return never;
      },
    });
    const window = openWindow();
    const worker = startWorker(`
      const turn = await addon.beginInteractive().result;
      addon.requestToken({ ...request, mode: "window", turn, window: ${window}n });
    `);
    const signal = await asked.promise;
    const next = addon.beginInteractive();
    await worker.terminate();
    (await next.result).end();
    // The turn may pass on before the script hears of the cancel.
    await expect.poll(() => signal.aborted).toBe(true);
  });

  it("that is gone takes no harm from late answers", async () => {
    const answers: (() => void)[] = [];
    script({
      GetTokenSilentlyAsync: () => {
        const answer = later<typeof token>();
        answers.push(() => answer.resolve(token));
        return answer.promise;
      },
    });
    const worker = startWorker("for (let i = 0; i < 100; ++i) addon.requestToken(request);");
    await expect.poll(() => answers.length).toBe(100);
    const ended = worker.terminate();
    for (const answer of answers) answer();
    await ended;
    await expect.poll(() => addon.stats().operations).toBe(0);
  });

  it("does not disturb the others", async () => {
    script();
    const workers = [1, 2, 3].map(() =>
      startWorker("addon.requestToken(request).result.then(({ status }) => parentPort.postMessage(status));"),
    );
    const provider = await findProvider();
    const own = addon.requestToken(silently(provider)).result;
    expect(await Promise.all(workers.map(message))).toEqual([0, 0, 0]);
    expect(await own).toMatchObject({ status: 0 });
    expect(logged("GetTokenSilentlyAsync")).toHaveLength(4);
  });
});
