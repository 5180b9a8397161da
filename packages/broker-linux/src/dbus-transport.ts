import type { DiagnosticCheck } from "@x/broker-contract";
import { type CallFacts, check, type Deadline } from "@x/broker-protocol";
import { type ProcessFacts, readProcess } from "./broker-process.js";
import { addressKind } from "./bus-address.js";
import { type BrokerMessage, BusSession, type BusSessionOptions } from "./bus-session.js";
import { checks } from "./diagnose.js";
import { linuxDialect } from "./dialect.js";
import { readKeyringState } from "./keyring.js";
import { addon, type LoadBinding } from "./native-addon.js";
import {
  brokerInterface,
  brokerObjectPath,
  cancelInteractiveFlowRequest,
  protocolVersion,
} from "./protocol.js";
import { libraryObstacle } from "./session-errors.js";
import type { BrokerCall, BrokerGreeting, BrokerTransport, KeyringState } from "./transport.js";

/** Name of the addon's queue that keeps interactive calls one at a time in this process. */
const interactiveQueue = "interactive";

/** How long a cancelled flow's broker may take to say so; nobody waits for it. */
const cancelTimeoutInMs = 5_000;

/**
 * Interactive calls of this process in the order of the queue: only the first can have a window on the
 * screen, so only its abort may tell the broker to close one.
 */
const interactiveCalls = new Set<symbol>();

export interface DBusTransportOptions extends BusSessionOptions {
  /** Whether an aborted interactive call tells the broker to close its window. */
  readonly sendCancelInteractiveFlow: boolean;
}

/** The broker over D-Bus. */
export class DBusTransport implements BrokerTransport {
  readonly dialect = linuxDialect;
  readonly groundwork = [checks.nativeAddon, checks.sessionBus, checks.broker];
  readonly #session: BusSession;
  readonly #sendCancelInteractiveFlow: boolean;
  readonly #loadBinding: LoadBinding;

  constructor(options: DBusTransportOptions) {
    this.#session = new BusSession(options);
    this.#sendCancelInteractiveFlow = options.sendCancelInteractiveFlow;
    this.#loadBinding = options.loadBinding;
  }

  request(call: BrokerCall, deadline: Deadline, facts: CallFacts): Promise<string> {
    const message = {
      path: brokerObjectPath,
      interface: brokerInterface,
      member: call.method,
      signature: "sss",
      args: [protocolVersion, deadline.correlationId, call.requestJson],
    };
    if (call.interactive) return this.#interactiveRequest(message, deadline, facts);
    return this.#session.callBroker(message, deadline, facts);
  }

  /** A request that may show a window: at its turn, for as long as the caller waits. */
  async #interactiveRequest(message: BrokerMessage, deadline: Deadline, facts: CallFacts): Promise<string> {
    const ticket = Symbol(message.member);
    interactiveCalls.add(ticket);
    try {
      return await this.#session.callBroker(
        { ...message, queue: interactiveQueue },
        deadline,
        facts,
        (tellBroker) => {
          const first = interactiveCalls.values().next().value === ticket;
          if (!first || !this.#sendCancelInteractiveFlow) return;
          const args = [protocolVersion, deadline.correlationId, cancelInteractiveFlowRequest];
          tellBroker({ ...message, member: "cancelInteractiveFlow", args, timeoutInMs: cancelTimeoutInMs });
        },
      );
    } finally {
      interactiveCalls.delete(ticket);
    }
  }

  async reach(deadline: Deadline, facts: CallFacts): Promise<BrokerGreeting> {
    await this.#session.reach(deadline, facts);
    return {};
  }

  describe(): Readonly<Record<string, string>> {
    const found = this.#session.address;
    const broker = this.#session.broker;
    const program = this.brokerProcess()?.program;
    return {
      ...(found !== undefined && { busAddress: addressKind(found.address), busAddressFrom: found.source }),
      ...(broker !== undefined && { brokerBusName: broker.uniqueName, brokerUserId: String(broker.uid) }),
      ...(broker?.pid !== undefined && { brokerProcessId: String(broker.pid) }),
      ...(program !== undefined && { brokerProgram: program }),
    };
  }

  brokerProcess(): ProcessFacts | undefined {
    const pid = this.#session.broker?.pid;
    return pid === undefined ? undefined : readProcess(pid);
  }

  async *diagnose(deadline: Deadline, facts: CallFacts): AsyncGenerator<DiagnosticCheck> {
    const loading = await check(checks.nativeAddon, async () => {
      const obstacle = libraryObstacle(addon.require(this.#loadBinding), facts);
      if (obstacle !== undefined) throw obstacle;
      return `Loaded (${process.platform}-${process.arch}).`;
    });
    yield loading;
    if (loading.outcome === "fail") return;
    const bus = await check(checks.sessionBus, async () => {
      await this.#session.connection(deadline, facts);
      const { busAddress, busAddressFrom } = this.describe();
      return `Connected (${busAddress}, from ${busAddressFrom}).`;
    });
    yield bus;
    if (bus.outcome === "fail") return;
    yield await check(checks.broker, async () => {
      await this.#session.reach(deadline, facts);
      const {
        brokerBusName,
        brokerProcessId = "unknown",
        brokerProgram = "program unknown",
      } = this.describe();
      return `Process ${brokerProcessId} (${brokerProgram}) of your own user answers as ${brokerBusName}.`;
    });
  }

  async keyringState(deadline: Deadline, facts: CallFacts): Promise<KeyringState> {
    const connection = await this.#session.connection(deadline, facts);
    return await readKeyringState(this.#session, connection, deadline);
  }

  /** Nothing to forget: the bus tells whenever the broker changes. */
  forget(): void {}

  close(): void {
    this.#session.close();
  }
}
