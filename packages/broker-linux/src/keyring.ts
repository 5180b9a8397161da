import type { Deadline } from "@x/broker-protocol";
import type { BusSession } from "./bus-session.js";
import type { DBusValue, NativeConnection } from "./native.js";
import { asNativeError } from "./native-error.js";
import { secretService } from "./protocol.js";
import type { KeyringState } from "./transport.js";

/** A keyring that has to ask its user answers late; whether it is locked it knows at once. */
const keyringTimeoutInMs = 2_000;

/**
 * Asks the Secret Service whether its default or its login collection is locked. Never starts a keyring: that
 * would put up a dialog. `"none"` means that no Secret Service runs.
 */
export async function readKeyringState(
  session: BusSession,
  connection: NativeConnection,
  deadline: Deadline,
): Promise<KeyringState> {
  const ask = async (path: string, iface: string, member: string, signature: string, args: string[]) => {
    const call = { destination: secretService.busName, path, interface: iface, member, signature, args };
    return (await session.ask(connection, call, deadline, keyringTimeoutInMs)).body[0];
  };
  const isLocked = async (collection: string): Promise<DBusValue | undefined> => {
    try {
      return await ask(collection, "org.freedesktop.DBus.Properties", "Get", "ss", [
        secretService.collectionInterface,
        "Locked",
      ]);
    } catch (error) {
      if (asNativeError(error) === undefined) throw error;
      return undefined;
    }
  };
  let collections: Set<string>;
  try {
    const path = await ask(secretService.path, secretService.serviceInterface, "ReadAlias", "s", ["default"]);
    collections = new Set([secretService.loginCollection]);
    if (typeof path === "string" && path !== "/") collections.add(path);
  } catch (error) {
    const native = asNativeError(error);
    if (native === undefined) throw error;
    return native.dbusName !== undefined && absent.has(native.dbusName) ? "none" : "unknown";
  }
  const answers = await Promise.all([...collections].map(isLocked));
  if (answers.includes(true)) return "locked";
  return answers.includes(false) ? "unlocked" : "unknown";
}

const absent = new Set([
  "org.freedesktop.DBus.Error.ServiceUnknown",
  "org.freedesktop.DBus.Error.NameHasNoOwner",
]);
