import type { BrokerError } from "@x/broker-contract";
import { type CallFacts, callError, type Deadline, SharedWork, waiterFor } from "@x/broker-protocol";
import { type BusAddress, type Environment, findBusAddress, noSessionBus } from "./bus-address.js";
import { dbusError, saysNobodyThere } from "./dbus-errors.js";
import { files } from "./files.js";
import type { NativeCall, NativeConnection, NativeError, NativeEvent, NativeReply } from "./native.js";
import { addon, type LoadBinding } from "./native-addon.js";
import { asNativeError } from "./native-error.js";
import { brokerBusName, brokerInterface, brokerObjectPath, protocolVersion } from "./protocol.js";
import {
  activationFailed,
  busLost,
  connectFailed,
  connectionClosed,
  diedInTheMiddle,
  foreignReply,
  helperMissing,
  libraryMissing,
  restlessName,
  silentBus,
  untrustedOwner,
} from "./session-errors.js";
import type { BrokerOwner } from "./transport.js";

/** How long connecting to the bus may take: it is on this machine. */
const connectTimeoutInMs = 10_000;
/** How long the bus itself may take to answer a question. */
const busTimeoutInMs = 10_000;
/** How long the bus may take to start the broker; its own limit is usually 2 minutes. */
const activationTimeoutInMs = 120_000;

/** How long a broker just started may have its name but not its object yet, and how often to look. */
const readyWithinInMs = 5_000;
const readyPollInMs = 100;

/** For shared work: those who wait for it keep the process alive, if they want to. */
const inBackground = { keepAlive: false };

/** How often to look who owns a name that keeps changing hands. */
const reachAttempts = 3;

/** Files that show that Microsoft's broker is installed, whether or not this bus knows it. */
const brokerFiles = [
  "/opt/microsoft/identity-broker/bin/microsoft-identity-broker",
  `/usr/share/dbus-1/services/${brokerBusName}.service`,
];

/** What a session is made of. */
export interface BusSessionOptions {
  readonly loadBinding: LoadBinding;
  /** Address to use instead of what the environment says. */
  readonly busAddress?: string;
  readonly env: Environment;
  /** Whether a file exists. Default: looks. */
  readonly fileExists?: (path: string) => boolean;
}

/** A call to the broker, wherever it is and however long it may take. */
export type BrokerMessage = Omit<NativeCall, "destination" | "autoStart" | "timeoutInMs">;

/** The broker's owner on one connection. */
interface ReachedBroker extends BrokerOwner {
  readonly connection: NativeConnection;
  /** When this session started it, by `performance.now()`; absent if it ran already. */
  readonly startedAt?: number;
}

/** A failure below the level of a call, before it is known which call it is told to. */
class SessionFailure extends Error {
  readonly describe: (facts: CallFacts) => BrokerError;
  constructor(describe: (facts: CallFacts) => BrokerError) {
    super("The session failed.");
    this.describe = describe;
  }
}

/**
 * One connection to the session bus, made when first needed and again after it was lost, and the broker found
 * on it. Messages go to the broker's unique name, after its owner's user id was seen to be ours: nobody can
 * slip in between under the well-known name.
 */
export class BusSession {
  readonly #options: BusSessionOptions;
  readonly #connecting = new SharedWork((signal) => this.#connect(signal));
  readonly #reaching = new SharedWork((signal) => this.#reach(signal));
  #connection: NativeConnection | undefined;
  #broker: ReachedBroker | undefined;
  /** Who the bus last said owns the broker's name; `""` is nobody. Forgotten when it is looked up anew. */
  #announcedOwner: string | undefined;
  /** Whether a broker was ever found, so that it cannot be missing from the machine. */
  #everReached = false;
  /** Connections that `close()` ended, so that their calls can say so. */
  readonly #closed = new WeakSet<NativeConnection>();

  constructor(options: BusSessionOptions) {
    this.#options = options;
  }

  /** Where the bus is; `undefined` if that is unknown. */
  get address(): BusAddress | undefined {
    return findBusAddress(this.#options.busAddress, this.#options.env);
  }

  /** The broker reached last, if it is still there. */
  get broker(): BrokerOwner | undefined {
    return this.#broker;
  }

  /** Connects to the bus if need be. */
  async connection(deadline: Deadline, facts: CallFacts): Promise<NativeConnection> {
    deadline.throwIfOver();
    return this.#connection ?? (await this.#told(facts, this.#connecting.join(deadline)));
  }

  /** Finds the broker, starting it if need be. */
  async reach(deadline: Deadline, facts: CallFacts): Promise<ReachedBroker> {
    deadline.throwIfOver();
    return this.#broker ?? (await this.#told(facts, this.#reaching.join(deadline)));
  }

  /**
   * Calls the broker, which answers with a text. A broker that left the bus before the call reached it is looked for
   * (and started) once more, and one that has just been started is given a moment: the call was never carried out, so
   * sending it again cannot do anything twice.
   */
  async callBroker(
    call: BrokerMessage,
    deadline: Deadline,
    facts: CallFacts,
    onGiveUp?: (tellBroker: (call: BrokerMessage & { readonly timeoutInMs: number }) => void) => void,
  ): Promise<string> {
    // A call with turns shows windows: carried out twice it would show two.
    const onceOnly = call.queue !== undefined;
    let resent = false;
    for (;;) {
      deadline.throwIfOver();
      const broker = this.#broker ?? (await this.reach(deadline, facts));
      if (onceOnly && broker.startedAt !== undefined) await this.#untilReady(broker, deadline);
      const pending = broker.connection.call({
        path: call.path,
        interface: call.interface,
        member: call.member,
        signature: call.signature,
        args: call.args,
        destination: broker.uniqueName,
        // A person takes as long as a person takes; the deadline ends that as well, if the caller wants it.
        timeoutInMs: onceOnly ? 0 : deadline.remainingInMs,
        autoStart: false,
        keepAlive: deadline.keepProcessAlive,
        ...(call.queue !== undefined && { queue: call.queue }),
      });
      let reply: NativeReply;
      try {
        reply = await deadline.race(pending.reply, () => {
          // Before the cancel, which lets the next call have its turn: what is told is about this one.
          onGiveUp?.((last) => {
            const { connection, uniqueName } = broker;
            // Best effort: the caller has been told that the call is over, and nobody waits for an answer.
            const call = { ...last, destination: uniqueName, autoStart: false, keepAlive: false };
            connection.call(call).reply.catch(() => {});
          });
          pending.cancel();
        });
      } catch (error) {
        const native = asNativeError(error);
        if (native === undefined) throw error;
        if (saysNobodyThere(native)) {
          if (!(await this.#isGone(broker, deadline, facts))) throw helperMissing(native, facts);
          if (this.#broker === broker) this.#broker = undefined;
          // The bus names whom it did not find. Any other text may be the broker's own, passed on before it left.
          const wasDelivered = onceOnly && !(native.dbusMessage ?? "").includes(broker.uniqueName);
          if (wasDelivered) throw diedInTheMiddle(native, facts);
          if (!resent) {
            resent = true;
            continue;
          }
        }
        if (!onceOnly && isStillStarting(native, broker)) {
          await deadline.pause(readyPollInMs);
          continue;
        }
        throw this.#callFailure(native, broker.connection, deadline, facts);
      }
      // A bus lets nobody else answer; what is no bus might.
      if (reply.sender !== broker.uniqueName) throw foreignReply(facts);
      const text = reply.body[0];
      if (typeof text === "string") return text;
      throw callError("protocol_error", facts, {
        message: `The broker answered with "${reply.signature}" instead of a text.`,
        hint: "Report it together with the broker's version.",
      });
    }
  }

  /** Asks some other service that must already be running. Rejects with what the addon says. */
  async ask(
    connection: NativeConnection,
    call: Omit<NativeCall, "autoStart" | "timeoutInMs">,
    deadline: Deadline,
    timeoutInMs = busTimeoutInMs,
  ): Promise<NativeReply> {
    const keepAlive = deadline.keepProcessAlive;
    const pending = connection.call({ ...call, autoStart: false, timeoutInMs, keepAlive });
    return await deadline.race(pending.reply, () => pending.cancel());
  }

  /** Ends the connection. A later call makes a new one. */
  close(): void {
    const reason = new SessionFailure(connectionClosed);
    this.#connecting.stop(reason);
    this.#reaching.stop(reason);
    const connection = this.#connection;
    this.#connection = undefined;
    this.#broker = undefined;
    if (connection !== undefined) {
      this.#closed.add(connection);
      connection.close();
    }
  }

  /** Connects, until `signal` says that nobody wants it any more. */
  async #connect(signal: AbortSignal): Promise<NativeConnection> {
    const { loadBinding, env } = this.#options;
    // First: a broken addon has to be put right whether or not there is a bus.
    const binding = addon.require(loadBinding);
    const found = this.address;
    if (found === undefined) throw new SessionFailure((facts) => noSessionBus(env, facts));
    let connection: NativeConnection | undefined;
    const pending = binding.connect({
      address: found.address,
      timeoutInMs: connectTimeoutInMs,
      onEvent: (event) => this.#onEvent(event, connection),
      ...inBackground,
    });
    const stop = () => {
      pending.cancel();
      connection?.close();
    };
    signal.addEventListener("abort", stop, { once: true });
    try {
      connection = await pending.connection;
      await this.#watchBroker(connection);
      signal.throwIfAborted();
      this.#connection = connection;
      return connection;
    } catch (error) {
      connection?.close();
      throw signal.aborted ? signal.reason : this.#connectFailure(error, found);
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  /** Watches who owns the broker's name; a bus that does not even confirm that is given up. */
  async #watchBroker(connection: NativeConnection): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const tooLong = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(
        () => reject(new SessionFailure((facts) => silentBus(busTimeoutInMs, facts))),
        busTimeoutInMs,
      );
      timer.unref();
    });
    try {
      await Promise.race([connection.watchOwner(brokerBusName, inBackground), tooLong]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #reach(signal: AbortSignal, attempt = 1): Promise<ReachedBroker> {
    const connection = this.#connection ?? (await this.#connecting.join(waiterFor(signal)));
    this.#announcedOwner = undefined;
    const bus = async (
      member: string,
      signature: string,
      args: NativeCall["args"],
      timeoutInMs = busTimeoutInMs,
    ) => {
      signal.throwIfAborted();
      const pending = connection.call({
        destination: "org.freedesktop.DBus",
        path: "/org/freedesktop/DBus",
        interface: "org.freedesktop.DBus",
        member,
        signature,
        args,
        timeoutInMs,
        autoStart: false,
        ...inBackground,
      });
      const cancel = () => pending.cancel();
      signal.addEventListener("abort", cancel, { once: true });
      return await pending.reply.finally(() => signal.removeEventListener("abort", cancel));
    };
    try {
      const { uniqueName, startedAt } = await this.#findOwner(bus);
      const [user, processId] = await Promise.all([
        bus("GetConnectionUnixUser", "s", [uniqueName]),
        bus("GetConnectionUnixProcessID", "s", [uniqueName]).catch(() => undefined),
      ]);
      const uid = Number(user.body[0]);
      const ownUid = process.getuid?.();
      if (uid !== ownUid) throw new SessionFailure((facts) => untrustedOwner(uid, ownUid, facts));
      const pid = processId === undefined ? undefined : Number(processId.body[0]);
      const broker = {
        connection,
        uniqueName,
        uid,
        ...(pid !== undefined && { pid }),
        ...(startedAt !== undefined && { startedAt }),
      };
      // The name may have changed hands while its owner was looked at.
      const announced = this.#announcedOwner;
      if (announced !== undefined && announced !== uniqueName) {
        if (attempt < reachAttempts) return await this.#reach(signal, attempt + 1);
        throw new SessionFailure(restlessName);
      }
      this.#everReached = true;
      if (this.#connection === connection) this.#broker = broker;
      return broker;
    } catch (error) {
      const native = asNativeError(error);
      if (native === undefined) throw error;
      throw new SessionFailure((facts) => this.#reachFailure(native, connection, facts));
    }
  }

  async #findOwner(
    bus: (m: string, s: string, a: NativeCall["args"], t?: number) => Promise<NativeReply>,
  ): Promise<{ readonly uniqueName: string; readonly startedAt?: number }> {
    try {
      return { uniqueName: readName(await bus("GetNameOwner", "s", [brokerBusName])) };
    } catch (error) {
      const native = asNativeError(error);
      if (native === undefined || !saysNobodyThere(native)) throw error;
    }
    try {
      await bus("StartServiceByName", "su", [brokerBusName, 0], activationTimeoutInMs);
    } catch (error) {
      const native = asNativeError(error);
      if (native === undefined) throw error;
      throw new SessionFailure((facts) => this.#activationFailure(native, facts));
    }
    const uniqueName = readName(await bus("GetNameOwner", "s", [brokerBusName]));
    return { uniqueName, startedAt: performance.now() };
  }

  /** Waits until a broker that was just started knows its own object, asking what does no harm when asked again. */
  async #untilReady(broker: ReachedBroker, deadline: Deadline): Promise<void> {
    for (;;) {
      try {
        await this.ask(
          broker.connection,
          {
            destination: broker.uniqueName,
            path: brokerObjectPath,
            interface: brokerInterface,
            member: "getLinuxBrokerVersion",
            signature: "sss",
            args: [protocolVersion, deadline.correlationId, `{"msalCppVersion":"1.28.0"}`],
          },
          deadline,
          readyWithinInMs,
        );
        return;
      } catch (error) {
        const native = asNativeError(error);
        if (native === undefined) throw error;
        // Any other failure is for the call itself to meet.
        if (!isStillStarting(native, broker)) return;
        await deadline.pause(readyPollInMs);
      }
    }
  }

  /** Whether nobody has the broker's unique name any more. */
  async #isGone(broker: ReachedBroker, deadline: Deadline, facts: CallFacts): Promise<boolean> {
    try {
      const reply = await this.ask(
        broker.connection,
        {
          destination: "org.freedesktop.DBus",
          path: "/org/freedesktop/DBus",
          interface: "org.freedesktop.DBus",
          member: "NameHasOwner",
          signature: "s",
          args: [broker.uniqueName],
        },
        deadline,
      );
      return reply.body[0] === false;
    } catch (error) {
      const native = asNativeError(error);
      if (native === undefined) throw error;
      if (native.code === "dbus_error") return false;
      throw this.#callFailure(native, broker.connection, deadline, facts);
    }
  }

  #onEvent(event: NativeEvent, connection: NativeConnection | undefined): void {
    if (event.type === "owner_changed") {
      if (event.name !== brokerBusName) return;
      this.#announcedOwner = event.newOwner;
      if (this.#broker?.uniqueName !== event.newOwner) this.#broker = undefined;
      return;
    }
    if (connection !== undefined && this.#connection === connection) {
      this.#connection = undefined;
      this.#broker = undefined;
    }
  }

  /** Waits for shared work and tells its failure as the failure of this call. */
  async #told<T>(facts: CallFacts, work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      if (error instanceof SessionFailure) throw error.describe(facts);
      throw error;
    }
  }

  #connectFailure(error: unknown, found: BusAddress): unknown {
    const native = asNativeError(error);
    if (native === undefined) return error;
    return new SessionFailure((facts) => {
      if (native.code === "dbus_error") return dbusError(native, facts);
      if (native.code === "library_missing") return libraryMissing(native.linkerMessage ?? "", facts);
      if (native.code === "disconnected") return this.#connectionFailure(native, undefined, facts);
      return connectFailed(native, found, connectTimeoutInMs, this.#options.env, facts);
    });
  }

  #reachFailure(error: NativeError, connection: NativeConnection, facts: CallFacts): BrokerError {
    if (error.code === "dbus_error") return dbusError(error, facts);
    if (error.code === "timed_out") return silentBus(busTimeoutInMs, facts);
    return this.#connectionFailure(error, connection, facts);
  }

  #activationFailure(error: NativeError, facts: CallFacts): BrokerError {
    const exists = this.#options.fileExists ?? files.exists;
    const known = { installed: brokerFiles.some((file) => exists(file)), everReached: this.#everReached };
    return activationFailed(error, known, facts) ?? this.#connectionFailure(error, undefined, facts);
  }

  #callFailure(
    error: NativeError,
    connection: NativeConnection,
    deadline: Deadline,
    facts: CallFacts,
  ): BrokerError {
    switch (error.code) {
      case "dbus_error":
        return dbusError(error, facts);
      case "timed_out":
        return deadline.timedOut();
      case "invalid_argument":
        return callError("invalid_request", facts, {
          message: "The request holds something D-Bus cannot carry.",
          hint: "Look for control characters in the request's texts.",
        });
      case "unsupported_reply":
        return callError("protocol_error", facts, {
          message: "The broker's answer is not valid D-Bus, or of a kind no broker sends.",
          hint: "Report it together with the broker's version.",
        });
      default:
        return this.#connectionFailure(error, connection, facts);
    }
  }

  #connectionFailure(
    error: NativeError,
    connection: NativeConnection | undefined,
    facts: CallFacts,
  ): BrokerError {
    const closed = connection !== undefined && this.#closed.has(connection);
    return error.code === "canceled" || closed ? connectionClosed(facts) : busLost(error, facts);
  }
}

function readName(reply: NativeReply): string {
  const name = reply.body[0];
  if (typeof name === "string" && name.startsWith(":")) return name;
  throw new SessionFailure((facts) =>
    callError("protocol_error", facts, {
      message: "The session bus gave no proper name for the broker's owner.",
      hint: "Check what DBUS_SESSION_BUS_ADDRESS points to.",
    }),
  );
}

/** Whether a broker that was just started does not know its own object yet. */
function isStillStarting(error: NativeError, broker: ReachedBroker): boolean {
  return (
    broker.startedAt !== undefined &&
    performance.now() - broker.startedAt < readyWithinInMs &&
    (error.dbusName === "org.freedesktop.DBus.Error.UnknownObject" ||
      error.dbusName === "org.freedesktop.DBus.Error.UnknownInterface" ||
      // What services made with GDBus or dbus-python say of an object that is not there.
      (error.dbusName === "org.freedesktop.DBus.Error.UnknownMethod" &&
        /\bobject\b/i.test(error.dbusMessage ?? "")))
  );
}
