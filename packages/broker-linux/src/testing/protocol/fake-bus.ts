import type {
  NativeBinding,
  NativeCall,
  NativeConnection,
  NativeConnectOptions,
  NativeError,
  NativeHold,
  NativePendingCall,
  NativePendingConnection,
  NativeReply,
} from "../../native.js";
import { brokerBusName, brokerInterface, brokerObjectPath, secretService } from "../../protocol.js";

/** One request the fake broker got. */
export interface FakeRequest {
  readonly method: string;
  readonly protocolVersion: string;
  readonly correlationId: string;
  readonly raw: string;
  readonly json: { readonly [key: string]: unknown };
  readonly call: NativeCall;
}

/** What the fake broker answers: a text, a whole reply, an error, or nothing (a promise that never settles). */
export type FakeAnswer = string | Partial<NativeReply> | Error;
export type FakeHandler = (request: FakeRequest) => FakeAnswer | Promise<FakeAnswer>;

type ErrorFacts = Partial<
  Pick<NativeError, "dbusName" | "dbusMessage" | "errno" | "stage" | "linkerMessage">
>;

/** An error as the addon throws it. */
export function nativeError(code: NativeError["code"], facts: ErrorFacts = {}): NativeError {
  const message = facts.dbusMessage ?? `native ${code}`;
  return Object.assign(new Error(message), { code, ...facts });
}

/** A D-Bus error as the addon throws it; `name` without `org.freedesktop.DBus.Error.` or whole. */
export function busError(name: string, text = ""): NativeError {
  const whole =
    name.includes(".") && !name.startsWith("Spawn.") ? name : `org.freedesktop.DBus.Error.${name}`;
  return nativeError("dbus_error", { dbusName: whole, dbusMessage: text });
}

/** A promise that never settles. */
export const never = new Promise<never>(() => {});

/** A promise that only ever rejects, heard or not, and what rejects it. */
function rejectable(): [Promise<never>, (error: Error) => void] {
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<never>((_resolve, rejectIt) => {
    reject = rejectIt;
  });
  promise.catch(() => {});
  return [promise, reject];
}

interface Flight {
  readonly connection: FakeConnection;
  readonly call: NativeCall;
  reject(error: Error): void;
}

interface FakeConnection extends NativeConnection {
  readonly options: NativeConnectOptions;
  readonly watched: Set<string>;
  /** Rejects when the connection ends. */
  readonly ended: Promise<never>;
  readonly end: (error: Error) => void;
  open: boolean;
}

/** A session bus with a broker on it, in place of the addon. It keeps the promises of `native.ts`. */
export class FakeBus implements NativeBinding {
  /** What the broker answers, by method. A method without a handler is an unknown one. */
  readonly handlers = new Map<string, FakeHandler>();
  /** Every request that reached the broker. */
  readonly requests: FakeRequest[] = [];
  /** Every call made on the bus. */
  readonly calls: NativeCall[] = [];
  /** Every attempt to connect. */
  readonly connects: NativeConnectOptions[] = [];
  /** How names were watched. */
  readonly watches: (NativeHold | undefined)[] = [];
  readonly canceled: NativeCall[] = [];
  /** Why libsystemd cannot be loaded, if it cannot. */
  linkerMessage: string | undefined;
  /** Why connecting fails, if it does. */
  connectError: Error | undefined;
  /** Set to keep `connect` waiting. */
  connectGate: Promise<unknown> | undefined;
  uid: number | bigint = process.getuid?.() ?? 0;
  pid: number | undefined = process.pid;
  /** Whether the bus can start the broker, or the error it starts it with. */
  activation: "works" | "never" | Error = "works";
  /** Set to keep the bus waiting for the broker to come up. */
  activationGate: Promise<unknown> | undefined;
  /** Whether the broker is replaced, unnoticed, whenever a call is on its way to it. */
  elusive = false;
  /** Called whenever somebody looks up a connection's user. */
  onUserLookup: () => void = () => {};
  /** Why the bus does not say who owns a name, if it does not. */
  lookupError: Error | undefined;
  /** Set to keep `watchOwner` waiting. */
  watchGate: Promise<unknown> | undefined;
  /** Why watching a name fails, if it does. */
  watchError: Error | undefined;
  /** Answers of the first calls after activation are this error. */
  startupErrors: Error[] = [];
  keyring: "none" | "locked" | "unlocked" | "silent" | "hangs" | Error = "none";
  keyringAlias = "/org/freedesktop/secrets/collection/default";
  #owner: string | undefined;
  /** Unique names of brokers that are on the bus, whoever owns the well-known name. */
  readonly #brokers = new Set<string>();
  #names = 0;
  readonly #flights = new Set<Flight>();
  readonly #connections = new Set<FakeConnection>();
  readonly #connecting = new Set<Promise<unknown>>();
  #queues = new Map<string, Promise<unknown>>();

  constructor(running: "running" | "idle" = "running") {
    if (running === "running") this.startBroker(false);
  }

  on(method: string, handler: FakeHandler | FakeAnswer | Promise<FakeAnswer>): this {
    this.handlers.set(method, typeof handler === "function" ? handler : () => handler);
    return this;
  }

  /** Answers with JSON. */
  onJson(method: string, json: unknown): this {
    return this.on(method, JSON.stringify(json));
  }

  requestsOf(method: string): FakeRequest[] {
    return this.requests.filter((request) => request.method === method);
  }

  get addresses(): string[] {
    return this.connects.map(({ address }) => address);
  }

  get owner(): string | undefined {
    return this.#owner;
  }

  /** The broker ends; calls it had not answered end as the bus ends them. */
  killBroker(tellWatchers = true): void {
    const old = this.#owner ?? "";
    this.#owner = undefined;
    this.#brokers.delete(old);
    for (const flight of [...this.#flights]) {
      if (flight.call.destination === old) {
        flight.reject(
          busError("NoReply", "Message recipient disconnected from message bus without replying"),
        );
      }
    }
    if (tellWatchers) this.#ownerChanged(old, "");
  }

  /** A broker comes up, in place of the one there may be; that one leaves the bus, or only loses its name. */
  startBroker(tellWatchers = true, previous: "leaves" | "stays" = "leaves"): void {
    const old = this.#owner ?? "";
    if (previous === "leaves") this.#brokers.delete(old);
    this.#owner = this.#nextName();
    this.#brokers.add(this.#owner);
    if (tellWatchers) this.#ownerChanged(old, this.#owner);
  }

  /** The bus goes away. */
  breakBus(): void {
    for (const connection of [...this.#connections]) this.#end(connection, "ECONNRESET", true);
  }

  connect(options: NativeConnectOptions): NativePendingConnection {
    this.connects.push(options);
    const [canceled, cancel] = rejectable();
    const connection = Promise.race([canceled, this.#connect(options, canceled)]);
    this.#connecting.add(connection);
    connection.catch(() => {}).finally(() => this.#connecting.delete(connection));
    return { connection, cancel: () => cancel(nativeError("canceled")) };
  }

  loadLibrary(): string | undefined {
    return this.linkerMessage;
  }

  stats() {
    const connections = this.#connections.size + this.#connecting.size;
    return { connections, callsInFlight: this.#flights.size, ioThreads: 1 };
  }

  async #connect(options: NativeConnectOptions, canceled: Promise<never>): Promise<NativeConnection> {
    await Promise.race([this.connectGate, canceled]);
    const { linkerMessage } = this;
    if (linkerMessage !== undefined) throw nativeError("library_missing", { linkerMessage });
    if (this.connectError !== undefined) throw this.connectError;
    const [ended, end] = rejectable();
    const connection: FakeConnection = {
      uniqueName: this.#nextName(),
      options,
      watched: new Set(),
      ended,
      end,
      open: true,
      call: (call) => this.#call(connection, call),
      watchOwner: async (name, hold) => {
        this.watches.push(hold);
        if (this.watchError !== undefined) throw this.watchError;
        await Promise.race([this.watchGate, ended]);
        connection.watched.add(name);
      },
      close: () => this.#end(connection, undefined, false),
    };
    this.#connections.add(connection);
    return connection;
  }

  #nextName(): string {
    return `:1.${++this.#names}`;
  }

  #ownerChanged(oldOwner: string, newOwner: string): void {
    for (const connection of this.#connections) {
      if (!connection.watched.has(brokerBusName)) continue;
      connection.options.onEvent({ type: "owner_changed", name: brokerBusName, oldOwner, newOwner });
    }
  }

  #end(connection: FakeConnection, errno: string | undefined, tell: boolean): void {
    if (!connection.open) return;
    connection.open = false;
    this.#connections.delete(connection);
    const facts = errno === undefined ? {} : { errno };
    connection.end(nativeError("disconnected", facts));
    for (const flight of [...this.#flights]) {
      if (flight.connection === connection) flight.reject(nativeError("disconnected", facts));
    }
    if (tell) connection.options.onEvent({ type: "disconnected", ...facts });
  }

  #call(connection: FakeConnection, call: NativeCall): NativePendingCall {
    this.calls.push(call);
    let flight: Flight | undefined;
    const reply = new Promise<NativeReply>((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined;
      const settle = () => {
        clearTimeout(timer);
        if (flight !== undefined) this.#flights.delete(flight);
      };
      flight = {
        connection,
        call,
        reject: (error) => {
          settle();
          reject(error);
        },
      };
      const mine = flight;
      this.#flights.add(mine);
      if (call.timeoutInMs > 0) {
        timer = setTimeout(() => mine.reject(nativeError("timed_out")), call.timeoutInMs);
        timer.unref();
      }
      const carryOut = async () => {
        if (!this.#flights.has(mine)) return;
        try {
          if (!connection.open) throw nativeError("disconnected");
          const answer = await this.#answer(call);
          if (!this.#flights.has(mine)) return;
          settle();
          resolve({ sender: call.destination, signature: "s", body: [], ...answer });
        } catch (error) {
          mine.reject(error as Error);
        }
      };
      if (call.queue === undefined) {
        void carryOut();
        return;
      }
      // The next one starts when this one has ended, however it ended.
      const before = this.#queues.get(call.queue) ?? Promise.resolve();
      const ended = before.then(() => {
        void carryOut();
        return new Promise<void>((done) => {
          const look = () => (this.#flights.has(mine) ? setTimeout(look, 1) : done());
          look();
        });
      });
      this.#queues.set(call.queue, ended);
    });
    return {
      reply,
      cancel: () => {
        if (flight === undefined || !this.#flights.has(flight)) return;
        this.canceled.push(call);
        flight.reject(nativeError("canceled"));
      },
    };
  }

  async #answer(call: NativeCall): Promise<Partial<NativeReply>> {
    if (call.destination === "org.freedesktop.DBus") return await this.#busAnswer(call);
    if (call.destination === secretService.busName) return await this.#keyringAnswer(call);
    if (this.elusive) this.startBroker(false);
    if (!this.#brokers.has(call.destination)) {
      throw busError("ServiceUnknown", `The name ${call.destination} was not provided by any .service files`);
    }
    if (call.path !== brokerObjectPath || call.interface !== brokerInterface || call.signature !== "sss") {
      throw busError("UnknownObject", "No such object");
    }
    const startupError = this.startupErrors.shift();
    if (startupError !== undefined) throw startupError;
    const handler = this.handlers.get(call.member);
    if (handler === undefined) throw busError("UnknownMethod", `No such method "${call.member}"`);
    const [protocolVersion, correlationId, raw] = call.args as string[];
    const request: FakeRequest = {
      method: call.member,
      protocolVersion: protocolVersion ?? "",
      correlationId: correlationId ?? "",
      raw: raw ?? "",
      json: JSON.parse(raw ?? "{}"),
      call,
    };
    this.requests.push(request);
    const answer = await handler(request);
    if (answer instanceof Error) throw answer;
    return typeof answer === "string" ? { body: [answer] } : answer;
  }

  async #busAnswer(call: NativeCall): Promise<Partial<NativeReply>> {
    const [name] = call.args;
    switch (call.member) {
      case "GetNameOwner":
        if (this.lookupError !== undefined) throw this.lookupError;
        if (this.#owner === undefined) throw busError("NameHasNoOwner", "Could not get owner of name");
        return { body: [this.#owner] };
      case "NameHasOwner":
        return { signature: "b", body: [this.#brokers.has(String(name))] };
      case "StartServiceByName":
        if (this.activation === "never") {
          throw busError("ServiceUnknown", `The name ${String(name)} was not provided by any .service files`);
        }
        if (this.activation instanceof Error) throw this.activation;
        await this.activationGate;
        this.startBroker();
        return { signature: "u", body: [1] };
      case "GetConnectionUnixUser":
        this.onUserLookup();
        return { signature: "u", body: [this.uid] };
      case "GetConnectionUnixProcessID":
        if (this.pid === undefined) throw busError("UnixProcessIdUnknown");
        return { signature: "u", body: [this.pid] };
      default:
        throw busError("UnknownMethod", call.member);
    }
  }

  async #keyringAnswer(call: NativeCall): Promise<Partial<NativeReply>> {
    if (call.autoStart) throw new Error("A keyring must never be started.");
    if (this.keyring === "none") throw busError("ServiceUnknown", "No keyring");
    if (this.keyring instanceof Error) throw this.keyring;
    if (this.keyring === "hangs") await never;
    if (call.member === "ReadAlias") return { signature: "o", body: [this.keyringAlias] };
    if (this.keyring === "silent") throw busError("UnknownObject", "No such collection");
    return { signature: "v", body: [this.keyring === "locked"] };
  }
}
