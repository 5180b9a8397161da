import { fork, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { runWindowsNode, windowsPath } from "../../support/wine/run-windows-node.mjs";

/** Longer than any measurement takes: a process that is stuck does not stay for ever. */
const windowsTimeoutInMs = 3_600_000;

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
 * A process that is measured.
 * @typedef {object} Subject
 * @property {(what: string, task: Readonly<Record<string, number>>) => Promise<any>} ask
 * @property {() => Promise<void>} stop
 */

/**
 * Starts a Node.js program of this folder, which serves over IPC.
 * @param {string} file
 * @param {readonly string[]} args
 * @param {Readonly<Record<string, string>>} env
 * @returns {Promise<Subject>}
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
  const conversation = converse(file, died, (message) => child.send(message));
  child.on("message", conversation.hear);
  await conversation.ready;
  return {
    ask: conversation.ask,
    async stop() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}

/**
 * The same in Windows' Node.js under Wine, over TCP.
 * @param {string} program absolute path of a module that runs there
 * @param {readonly string[]} args
 * @param {Readonly<Record<string, string>>} env
 * @returns {Promise<Subject>}
 */
export async function startWindowsSubject(program, args, env) {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  const connected = once(server, "connection");
  const ended = runWindowsNode(["--enable-source-maps", windowsPath(program), ...args], {
    env: { ...env, BENCH_PORT: String(port) },
    timeoutInMs: windowsTimeoutInMs,
  });
  const died = ended.then(({ code, signal, stderr }) => {
    throw new Error(`${program} ended (code ${code}, signal ${signal}): ${stderr}`);
  });
  try {
    const [socket] = await Promise.race([connected, died]);
    // A process that ends resets its connection; its end is told above.
    socket.on("error", () => {});
    const conversation = converse(program, died, (message) => socket.write(`${JSON.stringify(message)}\n`));
    createInterface({ input: socket }).on("line", (line) => conversation.hear(JSON.parse(line)));
    await conversation.ready;
    return {
      ask: conversation.ask,
      async stop() {
        socket.destroy();
        await ended;
      },
    };
  } finally {
    server.close();
  }
}

/**
 * @param {string} name
 * @param {Promise<never>} died
 * @param {(message: object) => void} send
 */
function converse(name, died, send) {
  died.catch(() => {});
  /** @type {Map<string, (message: any) => void>} */
  const waiting = new Map();
  const next = (/** @type {string} */ id) => new Promise((resolve) => waiting.set(id, resolve));
  const ready = Promise.race([next("ready"), died]);
  return {
    ready,
    hear(/** @type {any} */ message) {
      const id = message.ready ? "ready" : message.id;
      waiting.get(id)?.(message);
      waiting.delete(id);
    },
    async ask(/** @type {string} */ what, /** @type {Readonly<Record<string, number>>} */ task) {
      const id = randomUUID();
      const answered = next(id);
      send({ id, what, ...task });
      const { result, error } = await Promise.race([answered, died]);
      if (error !== undefined) throw new Error(`${name}, ${what}: ${error}`);
      return result;
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
