import type { NativeBinding } from "./native.js";

/** How often the main run loop is served while somebody waits: as often as Microsoft's .NET library does. */
const intervalInMs = 10;

/** Serves the process' main run loop, which Node.js does not, for as long as somebody waits for it. */
export class MainRunLoop {
  #waiting = 0;
  #timer: NodeJS.Timeout | undefined;

  /** Serves it until the returned function is called, which is to happen once. An app with a run loop of its own (Electron) serves itself. */
  serve(binding: NativeBinding): () => void {
    if (binding.isApplicationRunning()) return () => {};
    this.#waiting++;
    // It is the waiting that keeps the process alive, not this.
    this.#timer ??= setInterval(() => {
      // Electron's main program begins before its app does.
      if (!binding.isApplicationRunning()) binding.serveMainRunLoop();
    }, intervalInMs).unref();
    return () => {
      this.#waiting--;
      if (this.#waiting > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }
}
