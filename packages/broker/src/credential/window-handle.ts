import type { ParentWindow } from "@x/broker-contract";

/** A window handle as apps have it: Electron's `getNativeWindowHandle()` buffer, a pointer, or an X11 window id. */
export type WindowHandle = Uint8Array | bigint | number | "auto";

/**
 * The window a sign-in dialog belongs to, or a function that gives it (or a promise of it) when a dialog is
 * about to open.
 */
export type ParentWindowHandle = WindowHandle | (() => WindowHandle | Promise<WindowHandle>);

/** Gives the window for a dialog that is about to open. */
export type ParentWindowReader = () => Promise<ParentWindow>;

/** Checks the option now, unless it is a function: its answer is checked each time it is called. */
export function readParentWindowHandle(option: unknown): ParentWindowReader {
  if (typeof option === "function")
    return async () => readHandle(await option(), 'What the function "parentWindowHandle" gave');
  const parentWindow = readHandle(option, 'The option "parentWindowHandle"');
  return async () => parentWindow;
}

const expected =
  'expected a Uint8Array of 0, 1, 4 or 8 bytes (Electron\'s getNativeWindowHandle()), a bigint, a number, or "auto"';

function readHandle(value: unknown, what: string): ParentWindow {
  if (value === undefined || value === "auto") return "auto";
  if (typeof value === "bigint") {
    if (value < 0n || value > 0xffff_ffff_ffff_ffffn)
      throw new RangeError(`${what} is no window handle: a bigint must be between 0 and 2^64 - 1.`);
    return value === 0n ? "auto" : value;
  }
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value) || value < 0)
      throw new RangeError(`${what} is no window handle: a number must be a safe integer and not negative.`);
    return value === 0 ? "auto" : BigInt(value);
  }
  if (isUint8Array(value)) {
    if (![0, 1, 4, 8].includes(value.length))
      throw new RangeError(`${what} has ${value.length} bytes: ${expected}.`);
    const handle = value.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
    return handle === 0n ? "auto" : handle;
  }
  throw new TypeError(
    `${what} has the wrong type: ${expected}, got ${value === null ? "null" : typeof value}.`,
  );
}

/** Of this or any other realm, as Electron's are. */
function isUint8Array(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array || Object.prototype.toString.call(value) === "[object Uint8Array]";
}
