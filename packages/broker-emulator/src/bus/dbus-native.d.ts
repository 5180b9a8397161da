import type { EventEmitter } from "node:events";
import type { Socket } from "node:net";

/** The low-level part of the package, which its own types leave out. */
declare module "@homebridge/dbus-native" {
  export interface RawMessage {
    type?: number;
    serial?: number;
    flags?: number;
    path?: string;
    interface?: string;
    member?: string;
    errorName?: string;
    replySerial?: number;
    destination?: string;
    sender?: string;
    signature?: string;
    body?: unknown[];
  }

  export interface RawConnection extends EventEmitter {
    readonly stream: Socket;
    message(message: RawMessage): void;
    end(): void;
  }

  export const messageType: {
    readonly methodCall: 1;
    readonly methodReturn: 2;
    readonly error: 3;
    readonly signal: 4;
  };

  export function createConnection(options: { busAddress: string }): RawConnection;

  export function createClient(options: { busAddress: string }): MessageBus;
}
