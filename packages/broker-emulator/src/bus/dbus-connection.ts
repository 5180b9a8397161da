import { createConnection, messageType, type RawConnection, type RawMessage } from "@homebridge/dbus-native";

/** A method call that came in. */
export interface IncomingCall {
  readonly sender: string;
  readonly path: string;
  readonly interface: string | undefined;
  readonly member: string;
  readonly signature: string;
  readonly body: readonly unknown[];
}

/** How a method call is answered. */
export type Answer =
  | { readonly kind: "return"; readonly signature: string; readonly body: readonly unknown[] }
  | { readonly kind: "error"; readonly name: string; readonly message: string };

/** A D-Bus error, as a call's rejection. */
export class DBusError extends Error {
  override readonly name = "DBusError";
  /** E.g. `org.freedesktop.DBus.Error.NoReply`. */
  readonly errorName: string;

  constructor(errorName: string, message: string) {
    super(message);
    this.errorName = errorName;
  }
}

/** Resolves to `undefined` when there shall be no answer. */
export type CallHandler = (call: IncomingCall) => Promise<Answer | undefined>;

interface PendingCall {
  resolve(body: readonly unknown[]): void;
  reject(error: Error): void;
}

const busName = "org.freedesktop.DBus";
const noReplyExpected = 1;
const doNotQueue = 4;
const primaryOwner = 1;

/** A connection to a message bus: calls out, calls in. No introspection, no proxies. */
export class DBusConnection {
  readonly #raw: RawConnection;
  readonly #pending = new Map<number, PendingCall>();
  readonly #closed: Promise<void>;
  #serial = 0;
  #isOpen = true;
  #handler: CallHandler | undefined;
  #uniqueName = "";

  private constructor(raw: RawConnection) {
    this.#raw = raw;
    this.#closed = new Promise((resolve) => {
      raw.stream.once("close", () => {
        this.#fail(new DBusError("org.freedesktop.DBus.Error.Disconnected", "The bus connection is closed."));
        resolve();
      });
    });
    raw.on("error", (error: Error) => this.#fail(error));
    raw.on("message", (message: RawMessage) => this.#receive(message));
    // The other side has ended the stream: nothing can be sent from here on.
    raw.on("end", () => {
      this.#isOpen = false;
      raw.stream.destroy();
    });
  }

  /** Connects and says hello. */
  static async open(busAddress: string, handler?: CallHandler): Promise<DBusConnection> {
    const connection = new DBusConnection(createConnection({ busAddress }));
    connection.#handler = handler;
    const [name] = await connection.call({ destination: busName, member: "Hello" });
    connection.#uniqueName = String(name);
    return connection;
  }

  /** The connection's own name on the bus, e.g. `:1.4`. */
  get uniqueName(): string {
    return this.#uniqueName;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Resolves when the connection has ended, from whichever side. */
  get closed(): Promise<void> {
    return this.#closed;
  }

  call(call: {
    readonly destination: string;
    readonly member: string;
    readonly path?: string;
    readonly interface?: string;
    readonly signature?: string;
    readonly body?: readonly unknown[];
  }): Promise<readonly unknown[]> {
    return new Promise((resolve, reject) => {
      if (!this.#isOpen) {
        reject(new DBusError("org.freedesktop.DBus.Error.Disconnected", "The bus connection is closed."));
        return;
      }
      const serial = this.#nextSerial();
      this.#pending.set(serial, { resolve, reject });
      this.#raw.message({
        type: messageType.methodCall,
        serial,
        destination: call.destination,
        path: call.path ?? "/org/freedesktop/DBus",
        interface: call.interface ?? busName,
        member: call.member,
        ...(call.signature === undefined ? {} : { signature: call.signature, body: [...(call.body ?? [])] }),
      });
    });
  }

  /** Takes a well-known name. Rejects when somebody else has it. */
  async own(name: string): Promise<void> {
    const [result] = await this.call({
      destination: busName,
      member: "RequestName",
      signature: "su",
      body: [name, doNotQueue],
    });
    if (result !== primaryOwner) {
      throw new Error(`The name ${name} has another owner on this bus already; it was left alone.`);
    }
  }

  /** Ends the connection at once; whoever waits for an answer gets the bus' NoReply. */
  async close(): Promise<void> {
    this.#isOpen = false;
    this.#raw.stream.destroy();
    await this.#closed;
  }

  #receive(message: RawMessage): void {
    if (message.type === messageType.methodCall) {
      void this.#serve(message);
      return;
    }
    const pending = this.#pending.get(message.replySerial ?? 0);
    if (pending === undefined) return;
    this.#pending.delete(message.replySerial ?? 0);
    const body = message.body ?? [];
    if (message.type === messageType.methodReturn) pending.resolve(body);
    else pending.reject(new DBusError(message.errorName ?? "", typeof body[0] === "string" ? body[0] : ""));
  }

  async #serve(message: RawMessage): Promise<void> {
    const answer = await this.#answer({
      sender: message.sender ?? "",
      path: message.path ?? "",
      interface: message.interface,
      member: message.member ?? "",
      signature: message.signature ?? "",
      body: message.body ?? [],
    });
    const wantsReply = ((message.flags ?? 0) & noReplyExpected) === 0;
    if (answer === undefined || !wantsReply) return;
    try {
      this.#reply(message, answer);
    } catch (error) {
      // The body does not go with the signature: the caller shall hear of it, and others not suffer from it.
      this.#reply(message, failed(error));
    }
  }

  #reply(call: RawMessage, answer: Answer): void {
    if (!this.#isOpen) return;
    const envelope = {
      serial: this.#nextSerial(),
      replySerial: call.serial ?? 0,
      destination: call.sender ?? "",
    };
    if (answer.kind === "error") {
      this.#raw.message({
        ...envelope,
        type: messageType.error,
        errorName: answer.name,
        signature: "s",
        body: [answer.message],
      });
    } else {
      this.#raw.message({
        ...envelope,
        type: messageType.methodReturn,
        ...(answer.signature === "" ? {} : { signature: answer.signature, body: [...answer.body] }),
      });
    }
  }

  async #answer(call: IncomingCall): Promise<Answer | undefined> {
    try {
      return await (this.#handler?.(call) ?? unknownMethod(call));
    } catch (error) {
      return failed(error);
    }
  }

  #fail(error: Error): void {
    this.#isOpen = false;
    for (const pending of this.#pending.values()) pending.reject(error);
    this.#pending.clear();
  }

  #nextSerial(): number {
    this.#serial = (this.#serial % 0xffff_ffff) + 1;
    return this.#serial;
  }
}

function failed(error: unknown): Answer {
  const message = error instanceof Error ? error.message : String(error);
  return { kind: "error", name: "org.freedesktop.DBus.Error.Failed", message };
}

export function unknownMethod({ member, interface: interfaceName }: IncomingCall): Answer {
  return {
    kind: "error",
    name: "org.freedesktop.DBus.Error.UnknownMethod",
    message: `Unknown method '${member}' on interface '${interfaceName ?? ""}'.`,
  };
}
