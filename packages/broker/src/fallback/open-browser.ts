import type { OpenCommand } from "./surroundings.js";

/**
 * Opens a URL. Settles only when that fails, or when the program has ended well: some stay for as long as the browser.
 * The process does not wait for it.
 */
export async function openBrowser({ program, args }: OpenCommand, url: string): Promise<void> {
  const { spawn } = await import("node:child_process");
  await new Promise<void>((resolve, reject) => {
    // Its own words are no use to a terminal, and no shell means no character to mind.
    const child = spawn(program, [...args, url], { stdio: "ignore", detached: true, windowsHide: true });
    child.unref();
    child.once("error", (error: NodeJS.ErrnoException) =>
      reject(new Error(`${program} did not start (${error.code ?? "unknown error"})`)),
    );
    child.once("exit", (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`${program} ended with ${signal ?? `exit code ${code}`}`));
    });
  });
}
