import type { ParentWindow } from "@x/broker-contract";
import { type CallFacts, callError, checkedWindow } from "@x/broker-protocol";
import type { Environment } from "./bus-address.js";

/** What Microsoft's client sends when there is no window. */
const noWindow = 1;

/**
 * The window handle of a request: the given X11 window id, or for `"auto"` the terminal's (`WINDOWID`, which X11
 * terminals set).
 * @throws BrokerError `invalid_request` for a handle that JSON cannot carry as a number
 */
export function windowHandle(
  parentWindow: ParentWindow | undefined,
  env: Environment,
  facts: CallFacts,
): number {
  const handle = checkedWindow(parentWindow);
  if (handle === undefined) {
    const id = env["WINDOWID"] ?? "";
    return /^[1-9]\d{0,14}$/.test(id) ? Number(id) : noWindow;
  }
  if (handle >= 0n && handle <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(handle) || noWindow;
  throw callError("invalid_request", facts, {
    reason: "invalid_parent_window",
    message: "The parent window's handle is no window id.",
    hint: 'Pass the id of an X11 window (in WSL, a handle of Windows) as a bigint, or "auto".',
  });
}
