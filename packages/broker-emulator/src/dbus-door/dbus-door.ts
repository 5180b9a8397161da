import { type BrokerReply, BrokerService } from "../broker/broker-service.js";
import { type BrokerGeneration, type GenerationTraits, generations } from "../broker/generations.js";
import { RequestLog } from "../broker/request-log.js";
import { type Answer, DBusConnection, type IncomingCall, unknownMethod } from "../bus/dbus-connection.js";
import type { EmulatedTenant } from "../tenant/emulated-tenant.js";
import { endOfMany } from "../tenant/emulated-user.js";
import type { BrokerMethod } from "../tenant/policy.js";

export const brokerName = "com.microsoft.identity.broker1";
export const brokerPath = "/com/microsoft/identity/broker1";
export const brokerInterface = "com.microsoft.identity.Broker1";

export interface DBusDoorOptions {
  readonly tenant: EmulatedTenant;
  readonly generation: BrokerGeneration;
  /** How many requests are kept for looking at. */
  readonly keepRequests: number;
}

/** The broker is gone in the middle of a call. */
class LeftTheBus extends Error {
  override readonly name = "LeftTheBus";
}

/** Emulates the broker's D-Bus service: owns its name, checks requests, answers as the chosen generation does. */
export class DBusDoor {
  readonly requests: RequestLog;
  readonly #service: BrokerService;
  readonly #traits: GenerationTraits;
  #connection: DBusConnection | undefined;
  #presence = endOfMany();
  #address: string | undefined;

  constructor({ tenant, generation, keepRequests }: DBusDoorOptions) {
    this.#traits = generations[generation];
    this.#service = new BrokerService({
      tenant,
      generation,
      traits: this.#traits,
      die: (comesBack) => this.#die(comesBack),
    });
    this.requests = new RequestLog(keepRequests);
  }

  /** What a locked keyring does to the broker: no accounts, and no token call survives. */
  set keyringLocked(isLocked: boolean) {
    this.#service.keyringLocked = isLocked;
  }

  get isOnBus(): boolean {
    return this.#connection?.isOpen === true;
  }

  /** The broker's unique name on the bus, while it is there. */
  get uniqueName(): string | undefined {
    return this.isOnBus ? this.#connection?.uniqueName : undefined;
  }

  /** Connects and takes the broker's name. Does nothing when it is there already. */
  async join(busAddress: string): Promise<void> {
    this.#address = busAddress;
    if (this.isOnBus) return;
    const presence = endOfMany();
    const connection = await DBusConnection.open(busAddress, (call) => this.#serve(call));
    // Installed before the name is taken: the first call may follow at once.
    this.#presence = presence;
    this.#connection = connection;
    void connection.closed.then(() => presence.abort(new LeftTheBus()));
    try {
      await connection.own(brokerName);
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  /** Leaves the bus at once, as if crashed: pending calls are never answered. */
  async leave(): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    this.#presence.abort(new LeftTheBus());
    await connection?.close();
  }

  async #serve(call: IncomingCall): Promise<Answer | undefined> {
    if (call.interface === "org.freedesktop.DBus.Peer") return peer(call);
    if (call.interface === "org.freedesktop.DBus.Introspectable" && this.#traits.introspectable) {
      return introspection(call);
    }
    if (call.path !== brokerPath) {
      return dbusError("org.freedesktop.DBus.Error.UnknownObject", `There is no object at '${call.path}'.`);
    }
    if (call.interface !== undefined && call.interface !== brokerInterface) {
      return dbusError(
        "org.freedesktop.DBus.Error.UnknownInterface",
        `Unknown interface '${call.interface}'.`,
      );
    }
    const method = call.member;
    if (!isBrokerMethod(method)) return unknownMethod(call);
    if (call.signature !== "sss") {
      return dbusError(
        "org.freedesktop.DBus.Error.InvalidArgs",
        `Invalid arguments '${call.signature}' to call ${call.member}, expecting 'sss'.`,
      );
    }
    const [protocolVersion = "", correlationId = "", rawRequest = ""] = call.body as readonly string[];
    this.requests.add({
      method,
      correlationId,
      protocolVersion,
      rawRequest,
      sender: call.sender,
    });
    try {
      const { signal } = this.#presence;
      const reply = await this.#service.answer({
        method,
        correlationId,
        protocolVersion,
        rawRequest,
        signal,
      });
      return reply && answer(reply);
    } catch (error) {
      if (error instanceof LeftTheBus) return undefined;
      throw error;
    }
  }

  async #die(comesBack: boolean): Promise<void> {
    const address = this.#address;
    await this.leave();
    if (comesBack && address !== undefined) await this.join(address);
  }
}

/** The broker's methods on D-Bus. */
type DBusMethod = Exclude<BrokerMethod, "signOutSilently" | "ping">;

const brokerMethods: Readonly<Record<DBusMethod, true>> = {
  getAccounts: true,
  acquireTokenSilently: true,
  acquireTokenInteractively: true,
  cancelInteractiveFlow: true,
  acquirePrtSsoCookie: true,
  generateSignedHttpRequest: true,
  removeAccount: true,
  getLinuxBrokerVersion: true,
};

function isBrokerMethod(name: string): name is DBusMethod {
  return Object.hasOwn(brokerMethods, name);
}

function answer(reply: BrokerReply): Answer {
  switch (reply.kind) {
    case "text":
      return text(reply.text);
    case "dbus_error":
      return dbusError(reply.name, reply.message);
    case "dbus_reply":
      return { kind: "return", signature: reply.signature, body: reply.body };
  }
}

function text(value: string): Answer {
  return { kind: "return", signature: "s", body: [value] };
}

function dbusError(name: string, message: string): Answer {
  return { kind: "error", name, message };
}

function peer(call: IncomingCall): Answer {
  return call.member === "Ping" ? { kind: "return", signature: "", body: [] } : unknownMethod(call);
}

function introspection(call: IncomingCall): Answer {
  const methods = Object.keys(brokerMethods).map(
    (name) =>
      `<method name="${name}">${'<arg type="s" direction="in"/>'.repeat(3)}<arg type="s" direction="out"/></method>`,
  );
  const content =
    call.path === brokerPath ? `<interface name="${brokerInterface}">${methods.join("")}</interface>` : "";
  return text(`<node>${content}</node>`);
}
