// Runs inside the process that is measured.
import { connect } from "node:net";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { createInterface } from "node:readline";

const loopResolutionInMs = 1;

/**
 * Makes `atOnce` calls at a time, `rounds` times.
 * @param {() => Promise<unknown>} call
 * @param {{ atOnce: number, rounds: number, warmUp: number }} plan
 */
export async function measureCalls(call, { atOnce, rounds, warmUp }) {
  for (let i = 0; i < warmUp; i++) await call();
  const latencies = new Float64Array(atOnce * rounds);
  let count = 0;
  const timed = async () => {
    const started = performance.now();
    await call();
    latencies[count++] = performance.now() - started;
  };
  const loop = monitorEventLoopDelay({ resolution: loopResolutionInMs });
  const rssBefore = process.memoryUsage.rss();
  let rssPeak = rssBefore;
  loop.enable();
  const cpu = process.cpuUsage();
  const started = performance.now();
  for (let round = 0; round < rounds; round++) {
    if (atOnce === 1) {
      await timed();
    } else {
      await Promise.all(Array.from({ length: atOnce }, timed));
      rssPeak = Math.max(rssPeak, process.memoryUsage.rss());
    }
  }
  const total = performance.now() - started;
  const { user, system } = process.cpuUsage(cpu);
  loop.disable();
  return {
    latencies: [...latencies],
    totalInMs: total,
    cpuInMs: (user + system) / 1000,
    loopDelayInMs: delaysOf(loop),
    rssBefore,
    rssAfter: process.memoryUsage.rss(),
    rssPeak: Math.max(rssPeak, process.memoryUsage.rss()),
  };
}

/** The delay of a loop that has nothing to do, for a while: what the machine itself adds. */
export async function measureIdleLoop(/** @type {{ durationInMs: number }} */ { durationInMs }) {
  const loop = monitorEventLoopDelay({ resolution: loopResolutionInMs });
  loop.enable();
  await new Promise((resolve) => setTimeout(resolve, durationInMs));
  loop.disable();
  return delaysOf(loop);
}

/** The histogram counts from one timer to the next, so a loop without delay shows the timer's own interval. */
function delaysOf(/** @type {import("node:perf_hooks").IntervalHistogram} */ loop) {
  return [50, 99, 100].map((percentile) =>
    Math.max(0, loop.percentile(percentile) / 1e6 - loopResolutionInMs),
  );
}

/**
 * Answers the bench's questions until it goes away.
 * @param {Readonly<Record<string, () => Promise<unknown>>>} calls
 * @param {Readonly<Record<string, (task: any) => Promise<unknown>>>} [others]
 */
export function serve(calls, others = {}) {
  const send = listen(async ({ id, what, ...task }) => {
    try {
      const call = calls[what];
      const result = call ? await measureCalls(call, /** @type {any} */ (task)) : await others[what]?.(task);
      send({ id, result });
    } catch (error) {
      send({ id, error: error instanceof Error ? error.stack : String(error) });
    }
  });
  send({ ready: true });
}

/**
 * Over IPC, or where `BENCH_PORT` names the bench's port, over TCP with a line for each message: Windows' Node.js has
 * no channel to a parent out of Windows.
 * @param {(message: any) => void} onMessage
 * @returns {(message: object) => void}
 */
function listen(onMessage) {
  const port = process.env["BENCH_PORT"];
  if (port === undefined) {
    process.on("message", onMessage);
    process.channel?.ref();
    return (message) => process.send?.(message);
  }
  const socket = connect(Number(port), "127.0.0.1");
  createInterface({ input: socket }).on("line", (line) => onMessage(JSON.parse(line)));
  for (const end of ["close", "error"]) socket.on(end, () => process.exit());
  return (message) => socket.write(`${JSON.stringify(message)}\n`);
}
