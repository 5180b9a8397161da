/**
 * The whole surface of the Linux addon: D-Bus connections, told in plain data. No protocol in here.
 *
 * Nothing in it but `loadLibrary` blocks the JavaScript thread, and nothing throws: what goes wrong rejects a promise
 * with a `NativeError`, bad arguments included. Only a pending promise keeps the process alive, and not even that where
 * `keepAlive` is false. All connections of a process share one thread, whichever worker they belong to.
 */

/**
 * A D-Bus value. Strings, object paths and signatures are strings; integers of up to 32 bits and doubles are
 * numbers; 64-bit integers are bigints; arrays and structs are arrays; maps with strings for keys are plain
 * objects; a variant is what it holds. File descriptors and other maps are not told.
 */
export type DBusValue =
  | string
  | number
  | bigint
  | boolean
  | readonly DBusValue[]
  | { readonly [key: string]: DBusValue };

/** Whether work holds the process, or a worker, until it has ended. */
export interface NativeHold {
  /** `false`: nobody awaits it, so the process may end without it; what was to be sent is sent. Default `true`. */
  readonly keepAlive?: boolean;
}

/** One method call. */
export interface NativeCall extends NativeHold {
  /** Bus name to send to: a unique name (`:1.5`) or a well-known one. */
  readonly destination: string;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  /** D-Bus signature of `args`, of the basic types `s`, `o`, `u`, `i` and `b` only, e.g. `"sss"`. */
  readonly signature: string;
  readonly args: readonly (string | number | boolean)[];
  /**
   * How long to wait for the answer, in milliseconds from now, waiting in a queue included; 0 for as long as it
   * takes. D-Bus' own 25 s are never used.
   */
  readonly timeoutInMs: number;
  /** Whether the bus may start the service. */
  readonly autoStart: boolean;
  /**
   * Calls of the same queue are sent one after another, each when the one before has ended, however it ended,
   * for the whole process: every connection, worker and copy of the JavaScript around one loaded addon.
   * Default: sent at once.
   */
  readonly queue?: string;
}

/** The answer to a call: what came, not what was hoped for. */
export interface NativeReply {
  /** Unique name of who answered; empty if the answer did not say. */
  readonly sender: string;
  /** D-Bus signature of the body. */
  readonly signature: string;
  /** The body's values. One that `DBusValue` cannot tell makes the whole answer an `unsupported_reply`. */
  readonly body: readonly DBusValue[];
}

/**
 * How a native call fails: an `Error` with these facts on it.
 * - `dbus_error`: the bus or the peer answered with a D-Bus error; `dbusName` and `dbusMessage` say which.
 *   The text is in `dbusMessage` alone, for it may name the user.
 * - `timed_out`: `timeoutInMs` ran out. (The bus' own NoReply errors are `dbus_error`.)
 * - `canceled`: `cancel()` ended the call, or connecting.
 * - `disconnected`: the connection broke or was closed before the answer came; `errno` says why where known.
 * - `library_missing`: libsystemd cannot be opened, or lacks a function; `linkerMessage` is what the dynamic linker says.
 *   Only connecting ends so.
 * - `connect_failed`: no connection could be made; `errno` and `stage` (`"address" | "connect" | "authenticate"`).
 * - `invalid_argument`: an argument D-Bus cannot carry (NUL inside a string, a malformed name, wrong type).
 * - `unsupported_reply`: the reply cannot be told in `DBusValue`, or is not valid D-Bus.
 */
export type NativeErrorCode =
  | "dbus_error"
  | "timed_out"
  | "canceled"
  | "disconnected"
  | "library_missing"
  | "connect_failed"
  | "invalid_argument"
  | "unsupported_reply";

export interface NativeError extends Error {
  readonly code: NativeErrorCode;
  readonly dbusName?: string;
  readonly dbusMessage?: string;
  readonly errno?: string;
  readonly stage?: "address" | "connect" | "authenticate";
  readonly linkerMessage?: string;
}

/** A call under way, or one that was refused at once: then `reply` is rejected already. */
export interface NativePendingCall {
  readonly reply: Promise<NativeReply>;
  /**
   * Ends the call: `reply` rejects with `canceled` here and now, a late answer is thrown away. The peer is not
   * told. Harmless when the call has ended.
   */
  cancel(): void;
}

/**
 * What a connection reports by itself. Reports never keep the process alive. `disconnected` is the last one, and
 * is not reported of a connection that was closed with `close()`.
 */
export type NativeEvent =
  | {
      readonly type: "owner_changed";
      readonly name: string;
      readonly oldOwner: string;
      readonly newOwner: string;
    }
  | { readonly type: "disconnected"; readonly errno?: string };

/**
 * A connection to a message bus. One that nobody refers to any more, and that has no call in flight, is closed
 * when it is collected.
 */
export interface NativeConnection {
  /** This connection's unique name. */
  readonly uniqueName: string;
  /** Makes a call. As many as you like can be in flight. */
  call(call: NativeCall): NativePendingCall;
  /** Subscribes to owner changes of a bus name; resolves when the bus has confirmed the subscription. */
  watchOwner(name: string, options?: NativeHold): Promise<void>;
  /** Ends every call with `disconnected` and the connection itself. Harmless when repeated. */
  close(): void;
}

/** A connection being made, or one that was refused at once: then `connection` is rejected already. */
export interface NativePendingConnection {
  readonly connection: Promise<NativeConnection>;
  /** Gives up: `connection` rejects with `canceled` here and now. Harmless when it has settled. */
  cancel(): void;
}

export interface NativeConnectOptions extends NativeHold {
  /**
   * A D-Bus address (`unix:path=/…`). Default: `DBUS_SESSION_BUS_ADDRESS`, else `unix:path=$XDG_RUNTIME_DIR/bus`,
   * as read by the caller: the addon reads no environment. Only unix sockets; several addresses, separated by
   * semicolons, are tried in turn.
   */
  readonly address: string;
  /**
   * How long connecting and authenticating may take, in milliseconds; 0 for as long as it takes. Before libsystemd
   * 240 the bus' answer to connecting, and to `watchOwner`, is never waited for longer than 25 s.
   */
  readonly timeoutInMs: number;
  /** Called with each report. What it throws is an uncaught exception. */
  readonly onEvent: (event: NativeEvent) => void;
}

export interface NativeBinding {
  /**
   * Connects and says hello. Rejects with `connect_failed`, `library_missing`, `timed_out` or `canceled`. The first
   * connection opens libsystemd, on the thread that all connections share.
   */
  connect(options: NativeConnectOptions): NativePendingConnection;
  /**
   * Opens libsystemd here and now, as the first `connect` would, for who has to know before there is a bus to connect
   * to. What the dynamic linker says if that fails. It reads files: the one function that keeps the caller waiting.
   */
  loadLibrary(): string | undefined;
  /**
   * Live counts of this process, for tests and `broker doctor`: connections made or being made, calls that have
   * not ended (those waiting in a queue included), threads. What was closed or cancelled may be counted for a
   * moment longer.
   */
  stats(): { readonly connections: number; readonly callsInFlight: number; readonly ioThreads: number };
}
