// Preloaded into an app in Windows' Node.js: its WAM is the fake one, which asks the door server out there. The app
// itself knows nothing of it.
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { isMainThread } from "node:worker_threads";
import { loadFakeWam } from "../../doubles/wam/fake-wam.js";

// The fake serves all threads of the process.
if (isMainThread) {
  const socket = connect(Number(process.env["BROKER_WAM_DOOR"]), "127.0.0.1");
  // It must not keep the app alive: only what the app itself waits for may.
  socket.unref();
  /** @type {Map<number, (answer: import("../../doubles/wam/fake-wam.js").WamAnswer) => void>} */
  const waiting = new Map();
  createInterface({ input: socket }).on("line", (line) => {
    const { id, answer } = JSON.parse(line);
    waiting.get(id)?.(answer);
    waiting.delete(id);
  });
  loadFakeWam().start(({ signal, ...call }) => {
    const id = call.n;
    socket.write(`${JSON.stringify({ id, call })}\n`);
    signal.addEventListener("abort", () => socket.write(`${JSON.stringify({ id, cancel: true })}\n`));
    return new Promise((resolve) => waiting.set(id, resolve));
  });
}
