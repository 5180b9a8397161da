import type { DiagnosticCheck } from "@x/broker-contract";
import { type CallFacts, check, type Deadline, inTurn, SharedWork } from "@x/broker-protocol";
import type { ProcessFacts } from "../broker-process.js";
import { checks } from "../diagnose.js";
import { windowsDialect } from "../dialect.js";
import { cancelInteractiveFlowRequest, protocolVersion } from "../protocol.js";
import type { BrokerCall, BrokerGreeting, BrokerTransport, KeyringState } from "../transport.js";
import { commandLineLength, longestCommandLine, proxyArguments } from "./command-line.js";
import { askForPath, findProxy, type ProxySearch, requireInterop, requireKernel } from "./find-proxy.js";
import { readKernel } from "./kernel.js";
import { Places } from "./places.js";
import { findJsonObject, printedText } from "./proxy-answer.js";
import { ProgramFailure, type ProgramResult } from "./run-program.js";
import {
  commandLineTooLong,
  connectionClosed,
  endedWell,
  neverRan,
  proxyEnded,
  proxyFailed,
  WslFailure,
} from "./wsl-errors.js";

/** What Microsoft's client asks the proxy when it is loaded, to the letter (captured). */
const pingArguments = proxyArguments("ping", "0.1", "0", "{{}}");

/** How long the proxy may take to answer a ping: a cold start of Windows' part takes seconds. */
const pingTimeoutInMs = 15_000;

/** How long a cancelled flow's broker may take to say so; nobody waits for it. */
const cancelTimeoutInMs = 5_000;

/** How many silent calls may each have a Windows process at the same time; more wait their turn. */
const processesAtOnce = 16;

export interface WslTransportOptions extends ProxySearch {
  /** Whether an aborted interactive call tells the broker to close its window. */
  readonly sendCancelInteractiveFlow: boolean;
}

/** Windows' broker, through the proxy that WSL ships: one process per call, requests in its arguments. */
export class WslTransport implements BrokerTransport {
  readonly dialect = windowsDialect;
  readonly groundwork = [checks.wsl, checks.wslProxy, checks.wslInterop, checks.broker];
  readonly #options: WslTransportOptions;
  readonly #finding = new SharedWork((signal) => this.#find(signal));
  readonly #greeting = new SharedWork((signal) => this.#greet(signal));
  readonly #places = new Places(processesAtOnce);
  readonly #inFlight = new Set<AbortController>();
  #proxy: string | undefined;

  constructor(options: WslTransportOptions) {
    this.#options = options;
  }

  /**
   * The proxy's path, looked up when it is not known.
   * @throws BrokerError
   */
  async proxy(deadline: Deadline, facts: CallFacts): Promise<string> {
    deadline.throwIfOver();
    return this.#proxy ?? (await told(facts, this.#finding.join(deadline)));
  }

  forget(): void {
    this.#proxy = undefined;
  }

  async request(call: BrokerCall, deadline: Deadline, facts: CallFacts): Promise<string> {
    const proxy = await this.proxy(deadline, facts);
    const args = proxyArguments(call.method, protocolVersion, deadline.correlationId, call.requestJson);
    const length = commandLineLength(proxy, args);
    if (length > longestCommandLine) throw commandLineTooLong(length, longestCommandLine, facts);
    const result = call.interactive
      ? await inTurn("wsl", deadline, (keepTurnUntil) =>
          this.#run(args, deadline, facts, (path) => keepTurnUntil(this.#cancelFlow(path, deadline))),
        )
      : await this.#places.at(deadline, () => this.#run(args, deadline, facts));
    const json = findJsonObject(result.output);
    if (json !== undefined) return json;
    if (!endedWell(result)) throw proxyEnded(result, facts);
    // No answer at all, or not the JSON it should be: the protocol says which.
    return printedText(result.output);
  }

  async reach(deadline: Deadline, facts: CallFacts): Promise<BrokerGreeting> {
    deadline.throwIfOver();
    return await told(facts, this.#greeting.join(deadline));
  }

  describe(): Readonly<Record<string, string>> {
    return {
      wslKernel: readKernel(this.#options.locations.osReleaseFile),
      wslProxy: this.#proxy === undefined ? "not found yet" : "found",
    };
  }

  async *diagnose(deadline: Deadline, facts: CallFacts): AsyncGenerator<DiagnosticCheck> {
    const options = this.#options;
    const steps: readonly [(typeof this.groundwork)[number], (signal: AbortSignal) => Promise<string>][] = [
      [
        checks.wsl,
        async () =>
          requireKernel(options) === "wsl2" ? "WSL 2." : "The kernel does not say WSL 2; chosen by hand.",
      ],
      [
        checks.wslProxy,
        async (signal) => {
          await askForPath(options, signal);
          return "wslinfo knows the proxy, and it is there.";
        },
      ],
      [
        checks.wslInterop,
        async () => {
          requireInterop(options);
          return "Windows programs can be started from here.";
        },
      ],
    ];
    for (const [titled, look] of steps) {
      const found = await check(titled, () => told(facts, new SharedWork(look).join(deadline)));
      yield found;
      if (found.outcome === "fail") return;
    }
    yield await check(checks.broker, async () => {
      await this.reach(deadline, facts);
      return "WSL's proxy to Windows' broker answers.";
    });
  }

  brokerProcess(): ProcessFacts | undefined {
    return undefined;
  }

  async keyringState(): Promise<KeyringState> {
    return "unknown";
  }

  close(): void {
    const reason = new WslFailure(connectionClosed);
    this.#finding.stop(reason);
    this.#greeting.stop(reason);
    this.forget();
    for (const controller of this.#inFlight) controller.abort();
  }

  async #find(signal: AbortSignal): Promise<string> {
    this.forget();
    this.#proxy = await findProxy(this.#options, signal);
    return this.#proxy;
  }

  /** Finds the proxy and pings it. */
  async #greet(signal: AbortSignal): Promise<BrokerGreeting> {
    const proxy = this.#proxy ?? (await this.#find(signal));
    let result: ProgramResult;
    try {
      result = await this.#options.run(proxy, pingArguments, { timeoutInMs: pingTimeoutInMs, signal });
    } catch (error) {
      if (!(error instanceof ProgramFailure) || error.kind === "stopped") throw error;
      throw new WslFailure((facts) => proxyFailed(error, facts));
    }
    const text = findJsonObject(result.output);
    if (text !== undefined) return { text };
    // A proxy that refuses the ping is there: so Microsoft's client takes exit code 1 (captured).
    if (result.signal !== undefined || neverRan(result)) {
      throw new WslFailure((facts) => proxyEnded(result, facts));
    }
    return {};
  }

  /** Starts the proxy for one call and waits for its end, or no longer than the caller does. */
  async #run(
    args: readonly string[],
    deadline: Deadline,
    facts: CallFacts,
    onGiveUp: (proxy: string) => void = () => {},
  ): Promise<ProgramResult> {
    let searchedAgain = false;
    for (;;) {
      const proxy = await this.proxy(deadline, facts);
      const controller = new AbortController();
      this.#inFlight.add(controller);
      try {
        const running = this.#options.run(proxy, args, { timeoutInMs: 0, signal: controller.signal });
        return await deadline.race(running, () => {
          onGiveUp(proxy);
          controller.abort();
        });
      } catch (error) {
        if (!(error instanceof ProgramFailure)) throw error;
        if (error.kind === "stopped") throw connectionClosed(facts);
        // An update of WSL may have moved it. Nothing was started, so nothing is done twice.
        const moved = error.kind === "not_started" && error.errno === "ENOENT";
        if (!moved || searchedAgain) throw proxyFailed(error, facts);
        this.forget();
        searchedAgain = true;
      } finally {
        this.#inFlight.delete(controller);
      }
    }
  }

  /**
   * Tells the broker to take a flow's window away, as Microsoft's client does over the proxy. Resolves when it has
   * answered, or has had the time to; how it answered is nobody's concern any more.
   */
  async #cancelFlow(proxy: string, deadline: Deadline): Promise<void> {
    if (!this.#options.sendCancelInteractiveFlow) return;
    const { correlationId } = deadline;
    const args = proxyArguments(
      "cancelInteractiveFlow",
      protocolVersion,
      correlationId,
      cancelInteractiveFlowRequest,
    );
    await Promise.allSettled([
      this.#options.run(proxy, args, { timeoutInMs: cancelTimeoutInMs, mayOutlive: true }),
    ]);
  }
}

/** Awaits shared work, and tells its failure to one call. */
async function told<T>(facts: CallFacts, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof WslFailure) throw error.describe(facts);
    // Nobody but close() stops work that is still waited for.
    if (error instanceof ProgramFailure) throw connectionClosed(facts);
    throw error;
  }
}
