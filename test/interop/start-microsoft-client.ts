import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** An error of Microsoft's client: of the runtime itself, or of msal-node around it. */
export interface MicrosoftClientError {
  /** Class of msal-node's error. */
  name?: string;
  message?: string;
  /** msal-node's code; a number in the runtime's own errors. */
  errorCode?: string | number;
  /** The runtime's status number. */
  errorStatus?: number;
  errorContext?: string;
  platformBrokerError?: { errorCode: string; errorMessage: string };
}

export type CallOutcome<Result> =
  | { result: Result; error?: undefined }
  | { result?: undefined; error: MicrosoftClientError };

export interface MicrosoftClient {
  /** Calls and returns the result; throws when the client reports an error. */
  call<Result>(call: string, parameters?: Record<string, unknown>): Promise<Result>;
  /** Calls and returns the error; throws when the client reports success. */
  callExpectingError(call: string, parameters?: Record<string, unknown>): Promise<MicrosoftClientError>;
  stop(): Promise<void>;
}

/**
 * Starts Microsoft's client in a process of its own, with `env` in its environment; `inside` makes the command that
 * runs it somewhere else than right here.
 */
export async function startMicrosoftClient(
  env: Readonly<Record<string, string>>,
  { clientId, authority }: { clientId: string; authority: string },
  inside: (program: string, args: readonly string[]) => [string, string[]] = (program, args) => [
    program,
    [...args],
  ],
): Promise<MicrosoftClient> {
  const [program, args] = inside(process.execPath, [
    "--import",
    new URL("../support/exit-with-parent.mjs", import.meta.url).href,
    fileURLToPath(new URL("./microsoft-client.mjs", import.meta.url)),
  ]);
  const child = spawn(program, args, {
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    env: {
      ...process.env,
      ...env,
      // No display: the handle of the parent window is then the same on every machine.
      DISPLAY: "",
      WAYLAND_DISPLAY: "",
      INTEROP_CLIENT_ID: clientId,
      INTEROP_AUTHORITY: authority,
    },
  });
  let output = "";
  child.stdout?.on("data", (chunk) => {
    output += chunk;
  });
  child.stderr?.on("data", (chunk) => {
    output += chunk;
  });

  const pending = new Map<string, (outcome: CallOutcome<unknown>) => void>();
  child.on("message", (message: { id?: string } & CallOutcome<unknown>) => {
    if (message.id !== undefined) pending.get(message.id)?.(message);
  });
  const exited = once(child, "exit");
  const died = exited.then(([code, signal]) => {
    throw new Error(`Microsoft's client ended (code ${code}, signal ${signal}): ${output}`);
  });
  died.catch(() => {});
  await Promise.race([once(child, "message"), died]);

  const send = async (call: string, parameters: Record<string, unknown>) => {
    const id = randomUUID();
    const answered = new Promise<CallOutcome<unknown>>((resolve) => pending.set(id, resolve));
    child.send({ id, call, parameters: { correlationId: randomUUID(), ...parameters } });
    const outcome = await Promise.race([answered, died]);
    pending.delete(id);
    return outcome;
  };

  return {
    async call<Result>(call: string, parameters: Record<string, unknown> = {}) {
      const { result, error } = await send(call, parameters);
      if (error) throw new Error(`${call} failed: ${JSON.stringify(error)}`);
      return result as Result;
    },
    async callExpectingError(call, parameters = {}) {
      const { result, error } = await send(call, parameters);
      if (!error) throw new Error(`${call} succeeded: ${JSON.stringify(Object.keys(result ?? {}))}`);
      return error;
    },
    async stop() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}
