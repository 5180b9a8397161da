import { type Answer, DBusConnection, type IncomingCall, unknownMethod } from "./bus/dbus-connection.js";

/** What the Secret Service says about the login keyring; `none`: there is no Secret Service. */
export const keyringStates = ["none", "unlocked", "locked"] as const;
export type KeyringState = (typeof keyringStates)[number];

const serviceName = "org.freedesktop.secrets";
const servicePath = "/org/freedesktop/secrets";
const loginCollection = "/org/freedesktop/secrets/collection/login";
const aliasPath = "/org/freedesktop/secrets/aliases/default";
const serviceInterface = "org.freedesktop.Secret.Service";
const collectionInterface = "org.freedesktop.Secret.Collection";
const propertiesInterface = "org.freedesktop.DBus.Properties";

/** As much of a Secret Service as it takes to ask whether the login keyring is locked. Holds no secrets. */
export class KeyringDoor {
  #connection: DBusConnection | undefined;
  #state: KeyringState = "none";

  /** Brings the service to this state on a bus. */
  async set(state: KeyringState, busAddress: string): Promise<void> {
    this.#state = state;
    if (state === "none") {
      await this.leave();
    } else if (this.#connection?.isOpen !== true) {
      const connection = await DBusConnection.open(busAddress, async (call) => this.#serve(call));
      this.#connection = connection;
      await connection.own(serviceName);
    }
  }

  async leave(): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    await connection?.close();
  }

  #serve(call: IncomingCall): Answer {
    if (call.interface === "org.freedesktop.DBus.Peer" && call.member === "Ping") {
      return { kind: "return", signature: "", body: [] };
    }
    if (call.path === servicePath && call.interface === serviceInterface && call.member === "ReadAlias") {
      const path = call.body[0] === "default" ? loginCollection : "/";
      return { kind: "return", signature: "o", body: [path] };
    }
    if (call.interface === propertiesInterface && call.member === "Get") return this.#property(call);
    return unknownMethod(call);
  }

  #property({ path, body }: IncomingCall): Answer {
    const [interfaceName, property] = body;
    if (path === servicePath && interfaceName === serviceInterface && property === "Collections") {
      return { kind: "return", signature: "v", body: [["ao", [loginCollection]]] };
    }
    const isCollection = path === loginCollection || path === aliasPath;
    if (isCollection && interfaceName === collectionInterface && property === "Locked") {
      return { kind: "return", signature: "v", body: [["b", this.#state === "locked"]] };
    }
    if (isCollection && interfaceName === collectionInterface && property === "Label") {
      return { kind: "return", signature: "v", body: [["s", "Login"]] };
    }
    return {
      kind: "error",
      name: "org.freedesktop.DBus.Error.UnknownProperty",
      message: `There is no property '${String(property)}' at '${path}'.`,
    };
  }
}
