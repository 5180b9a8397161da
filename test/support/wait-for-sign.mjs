import { existsSync } from "node:fs";

/**
 * For apps that a test steers: waits until the file that the environment variable TEST_SIGN names is there, and keeps
 * the process alive until then. (Signals would do on Linux, but not in Windows.)
 */
export function waitForSign() {
  return new Promise((resolve) => {
    const watching = setInterval(() => {
      if (!existsSync(process.env["TEST_SIGN"] ?? "")) return;
      clearInterval(watching);
      resolve(undefined);
    }, 20);
  });
}
