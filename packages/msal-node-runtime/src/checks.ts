// What the runtime says to arguments that are none, in its own words (captured from Microsoft's).

/** @throws TypeError for anything but a string */
export function requireText(...values: readonly unknown[]): void {
  for (const value of values) if (typeof value !== "string") throw new TypeError("A string was expected");
}

/** @throws Error unless it holds */
export function requireArgument(isValid: boolean): void {
  if (!isValid) throw new Error("Invalid argument");
}
