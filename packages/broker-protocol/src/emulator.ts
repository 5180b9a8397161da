/** Whether a broker's version or name says that it is an emulator's. */
export function isEmulator(versionOrName: string): boolean {
  return /emulator/i.test(versionOrName);
}

/** What a diagnosis adds about an emulator. */
export const emulatorWarning = " THIS IS AN EMULATOR: its tokens are worth nothing outside tests.";
