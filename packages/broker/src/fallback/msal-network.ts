import type { Socket } from "node:net";
import type { INetworkModule, NetworkRequestOptions, NetworkResponse } from "@azure/msal-node";
import type { DevicePace } from "./device-pace.js";

/** What is known about one sign-in while msal-node carries it out. */
export interface NetworkCall {
  /** Fires when nobody waits for the call any more. */
  readonly signal: AbortSignal;
  /** Whether the process stays until the call has ended. */
  readonly keepProcessAlive: boolean;
  /** Set for the device code flow. */
  readonly pace?: DevicePace;
  /** What the tenant's last refusal said. msal-node keeps only part of it, another one in each version. */
  refusal?: Readonly<Record<string, unknown>> | undefined;
  /** Why the tenant could not be reached. */
  failure?: Error;
}

const requestTimeoutInMs = 30_000;
const { AsyncLocalStorage } = process.getBuiltinModule("node:async_hooks");
const calls = new AsyncLocalStorage<NetworkCall>();

/** Does work whose requests, whatever msal-node makes of them, belong to a call. */
export function duringCall<T>(call: NetworkCall, work: () => Promise<T>): Promise<T> {
  return calls.run(call, work);
}

/**
 * The HTTP client that msal-node is given: with a time limit for each request, and one that lets go of the process when
 * nobody waits for the answer. Over Node.js' own agent, with what `NODE_EXTRA_CA_CERTS` and its kin say.
 */
export const msalNetwork: INetworkModule = {
  sendGetRequestAsync: <T>(url: string, options?: NetworkRequestOptions, timeout?: number) =>
    exchange<T>("GET", url, options, timeout),
  sendPostRequestAsync: <T>(url: string, options?: NetworkRequestOptions) =>
    exchange<T>("POST", url, options),
};

async function exchange<T>(
  method: "GET" | "POST",
  url: string,
  options: NetworkRequestOptions | undefined,
  timeoutInMs = requestTimeoutInMs,
): Promise<NetworkResponse<T>> {
  const call = calls.getStore();
  const form = options?.body ?? "";
  await call?.pace?.beforeRequest(form);
  let answer: RawAnswer;
  try {
    answer = await send(method, url, options, timeoutInMs, call);
  } catch (error) {
    if (call !== undefined && error instanceof Error) call.failure = error;
    throw error;
  }
  const body = readJson(answer.text);
  if (call !== undefined) noteRefusal(call, body);
  const told = call?.pace?.afterAnswer(body) ?? body;
  return { status: answer.status, headers: answer.headers, body: told as T };
}

/** Keeps the latest word of the tenant. That a device has to wait is no refusal. */
function noteRefusal(call: NetworkCall, body: Readonly<Record<string, unknown>>): void {
  const { error } = body;
  call.refusal =
    typeof error === "string" && error !== "authorization_pending" && error !== "slow_down"
      ? body
      : undefined;
}

interface RawAnswer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly text: string;
}

async function send(
  method: string,
  url: string,
  options: NetworkRequestOptions | undefined,
  timeoutInMs: number,
  call: NetworkCall | undefined,
): Promise<RawAnswer> {
  const { request } = await import("node:https");
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method, headers: { accept: "application/json", ...options?.headers } });
    let socket: Socket | undefined;
    const letGo = (): void => {
      socket?.unref();
    };
    const timer = setTimeout(
      () => outgoing.destroy(new Error(`no answer within ${timeoutInMs} ms`)),
      timeoutInMs,
    );
    timer.unref();
    call?.signal.addEventListener("abort", letGo);
    outgoing.once("socket", (given) => {
      socket = given;
      if (call?.signal.aborted || call?.keepProcessAlive === false) letGo();
    });
    outgoing.once("close", () => {
      clearTimeout(timer);
      call?.signal.removeEventListener("abort", letGo);
    });
    outgoing.once("error", reject);
    outgoing.once("response", (incoming) => {
      let text = "";
      incoming.setEncoding("utf8");
      incoming.on("data", (chunk: string) => {
        text += chunk;
      });
      incoming.once("error", reject);
      incoming.once("end", () =>
        resolve({ status: incoming.statusCode ?? 0, headers: flat(incoming.headers), text }),
      );
    });
    outgoing.end(method === "POST" ? (options?.body ?? "") : undefined);
  });
}

function flat(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(", ") : (value ?? ""),
    ]),
  );
}

/** msal-node wants an object, and looks for itself whether it is one that makes sense. */
function readJson(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
