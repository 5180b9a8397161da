// Runs inside the process that is measured.
import { monitorEventLoopDelay } from "node:perf_hooks";

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
 * Answers the bench's questions over IPC until it goes away.
 * @param {Readonly<Record<string, () => Promise<unknown>>>} calls
 * @param {Readonly<Record<string, (task: any) => Promise<unknown>>>} [others]
 */
export function serve(calls, others = {}) {
  process.on("message", async (/** @type {any} */ { id, what, ...task }) => {
    try {
      const call = calls[what];
      const result = call ? await measureCalls(call, task) : await others[what]?.(task);
      process.send?.({ id, result });
    } catch (error) {
      process.send?.({ id, error: error instanceof Error ? error.stack : String(error) });
    }
  });
  process.channel?.ref();
  process.send?.({ ready: true });
}
