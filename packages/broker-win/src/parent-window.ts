import type { ParentWindow } from "@x/broker-contract";
import { type Call, type CallFacts, callError, checkedWindow } from "@x/broker-protocol";
import type { NativeBinding } from "./native.js";

/** One more than the largest handle. */
const handleLimit = 2n ** 64n;

/**
 * Checks a request's parent window, as far as that can be done without asking Windows; `undefined` for `"auto"`.
 * @throws TypeError or BrokerError `invalid_request`
 */
export function checkedHandle(parentWindow: ParentWindow | undefined, facts: CallFacts): bigint | undefined {
  const handle = checkedWindow(parentWindow);
  if (handle === undefined || (handle >= 0n && handle < handleLimit)) return handle;
  throw callError("invalid_request", facts, {
    reason: "invalid_parent_window",
    message: "The parent window's handle is no window handle.",
    hint: 'Pass the HWND as a bigint, or "auto".',
  });
}

/**
 * The window to show above. A handle without a window (one that has just been closed, or 0) is replaced as
 * Microsoft's client does it: by the window of the console, else by the desktop.
 * @throws BrokerError `invalid_request` for a window of another desktop: the user would not see anything
 */
export function findWindow(handle: bigint | undefined, binding: NativeBinding, call: Call): bigint {
  if (handle === undefined) return ownWindow(binding);
  const { exists, sameDesktop } = binding.windowFacts(handle);
  if (exists && sameDesktop !== false) return handle;
  if (exists) {
    throw callError("invalid_request", call.facts, {
      reason: "foreign_parent_window",
      message:
        "The parent window is on another desktop than this process: its user would not see the sign-in.",
      hint: 'Pass a window of this desktop, or "auto".',
    });
  }
  if (handle !== 0n)
    call.log.warn("The parent window does not exist (any more): the console's or the desktop is used.");
  return ownWindow(binding);
}

/** The console's window if somebody can see it, else the desktop. */
function ownWindow(binding: NativeBinding): bigint {
  const console = binding.consoleWindow();
  if (console !== 0n) {
    const { exists, visible, sameDesktop } = binding.windowFacts(console);
    if (exists && visible !== false && sameDesktop !== false) return console;
  }
  return binding.desktopWindow();
}
