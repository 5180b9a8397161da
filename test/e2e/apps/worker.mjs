// Runs the example in a worker thread.
import { once } from "node:events";
import { Worker } from "node:worker_threads";

const worker = new Worker(new URL("../../../examples/list-blob-containers.mjs", import.meta.url));
const [code] = await once(worker, "exit");
process.exitCode = code;
