import { fork, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** @typedef {{ atOnce: number, rounds: number, warmUp: number }} Plan */
/**
 * @typedef {object} Measured
 * @property {number[]} latencies in milliseconds
 * @property {number} totalInMs
 * @property {number} cpuInMs
 * @property {number[]} [loopDelayInMs] p50, p99 and the longest
 * @property {number} rssBefore in bytes, as are the next two
 * @property {number} rssAfter
 * @property {number} rssPeak
 */

/**
 * Starts a process that is measured: a Node.js program that serves over IPC.
 * @param {string} file
 * @param {readonly string[]} args
 * @param {Readonly<Record<string, string>>} env
 */
export async function startSubject(file, args, env) {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), [...args], {
    execArgv: ["--import", new URL("../../support/exit-with-parent.mjs", import.meta.url).href],
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    env: { ...process.env, ...env, DISPLAY: "", WAYLAND_DISPLAY: "" },
  });
  let complaint = "";
  child.stderr?.on("data", (chunk) => {
    complaint += chunk;
  });
  const exited = once(child, "exit");
  const died = exited.then(([code, signal]) => {
    throw new Error(`${file} ended (code ${code}, signal ${signal}): ${complaint}`);
  });
  died.catch(() => {});
  await Promise.race([once(child, "message"), died]);
  return {
    /**
     * @param {string} what
     * @param {Readonly<Record<string, number>>} task
     * @returns {Promise<any>}
     */
    async ask(what, task) {
      const id = randomUUID();
      const answered = new Promise((resolve) => {
        const onMessage = (/** @type {any} */ message) => {
          if (message.id !== id) return;
          child.off("message", onMessage);
          resolve(message);
        };
        child.on("message", onMessage);
      });
      child.send({ id, what, ...task });
      const { result, error } = await Promise.race([answered, died]);
      if (error !== undefined) throw new Error(`${file}, ${what}: ${error}`);
      return result;
    },
    async stop() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}

/**
 * Runs the floor's program, which measures itself.
 * @param {string} program
 * @param {readonly string[]} args
 * @returns {Promise<Measured>}
 */
export async function runFloor(program, args) {
  const child = spawn(program, [...args], { stdio: ["ignore", "pipe", "inherit"] });
  const closed = once(child, "close");
  /** @type {number[]} */
  const latencies = [];
  let end = "";
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith("total")) end = line;
    else latencies.push(Number(line) / 1e6);
  }
  const [code] = await closed;
  if (code !== 0) throw new Error(`The floor's program ended with code ${code}.`);
  const facts = Object.fromEntries(
    [...end.matchAll(/(\w+) (\d+)/g)].map(([, name, value]) => [name, Number(value)]),
  );
  return {
    latencies,
    totalInMs: facts.total / 1e6,
    cpuInMs: facts.cpu / 1e6,
    rssBefore: facts.before * 1024,
    rssAfter: facts.rss * 1024,
    rssPeak: facts.peak * 1024,
  };
}
