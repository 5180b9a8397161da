import type { EventEmitter } from "node:events";
import { createRequire } from "node:module";
import type { Socket } from "node:net";

/** A message as @homebridge/dbus-native reads and writes it. */
export interface PeerMessage {
  readonly type: number;
  readonly serial: number;
  readonly replySerial?: number;
  readonly errorName?: string;
  readonly sender: string;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  readonly flags: number;
  readonly signature?: string;
  readonly body?: readonly unknown[];
}

interface RawConnection extends EventEmitter {
  readonly stream: Socket;
  message(message: object): void;
}

// Its own declarations leave out all that is used here.
const dbus: {
  createConnection(options: { readonly busAddress: string }): RawConnection;
  readonly messageType: { methodCall: number; methodReturn: number; error: number };
} = createRequire(import.meta.url)("@homebridge/dbus-native");

/** Another program on the bus, written in plain JavaScript. */
export class Peer {
  /** Calls that came in and were not answered by the handler. */
  readonly unanswered: PeerMessage[] = [];
  uniqueName = "";
  readonly #connection: RawConnection;
  readonly #asked = new Map<number, (answer: PeerMessage) => void>();
  #serial = 0;

  private constructor(connection: RawConnection) {
    this.#connection = connection;
  }

  /**
   * Connects and, given a name, owns it.
   * @param handle Called with each method call; says whether it answered, through `reply` or `fail`.
   */
  static async start(
    address: string,
    name?: string,
    handle: (call: PeerMessage, peer: Peer) => boolean = () => false,
  ): Promise<Peer> {
    const connection = dbus.createConnection({ busAddress: address });
    // The bus being killed under it is part of some tests.
    connection.on("error", () => {});
    const peer = new Peer(connection);
    connection.on("message", (message: PeerMessage) => {
      if (message.type === dbus.messageType.methodCall) {
        if (!handle(message, peer)) peer.unanswered.push(message);
      } else {
        peer.#asked.get(message.replySerial ?? 0)?.(message);
      }
    });
    peer.uniqueName = String((await peer.#askBus("Hello")).body?.[0]);
    if (name !== undefined) await peer.own(name);
    return peer;
  }

  async own(name: string): Promise<void> {
    await this.#askBus("RequestName", "su", [name, 4]);
  }

  async disown(name: string): Promise<void> {
    await this.#askBus("ReleaseName", "s", [name]);
  }

  reply(call: PeerMessage, signature: string, body: readonly unknown[]): void {
    this.#send({ ...this.#answering(call, dbus.messageType.methodReturn), signature, body });
  }

  fail(call: PeerMessage, errorName: string, text: string): void {
    const answer = this.#answering(call, dbus.messageType.error);
    this.#send({ ...answer, errorName, signature: "s", body: [text] });
  }

  /** Leaves the bus. */
  stop(): void {
    this.#connection.stream.destroy();
  }

  #answering(call: PeerMessage, type: number): object {
    return { type, replySerial: call.serial, destination: call.sender };
  }

  #askBus(member: string, signature?: string, body?: readonly unknown[]): Promise<PeerMessage> {
    return new Promise((resolve, reject) => {
      const bus = "org.freedesktop.DBus";
      const call = {
        destination: bus,
        path: "/org/freedesktop/DBus",
        interface: bus,
        member,
        signature,
        body,
      };
      const serial = this.#send({ ...call, type: dbus.messageType.methodCall });
      this.#asked.set(serial, (answer) => {
        this.#asked.delete(serial);
        if (answer.errorName === undefined) resolve(answer);
        else reject(new Error(answer.errorName));
      });
    });
  }

  #send(message: object): number {
    const serial = ++this.#serial;
    this.#connection.message({ ...message, serial });
    return serial;
  }
}
