import { createServer, type Server, type Socket } from "node:net";
import { type BrokerReply, BrokerService } from "../broker/broker-service.js";
import { windowsTraits } from "../broker/generations.js";
import { RequestLog } from "../broker/request-log.js";
import type { EmulatedTenant } from "../tenant/emulated-tenant.js";
import { endOfMany } from "../tenant/emulated-user.js";
import type { BrokerMethod } from "../tenant/policy.js";
import type { ProxyOrder, ProxyRun } from "./proxy-programs.js";

/** What the proxy does beside, or instead of, answering. */
export interface ProxyFault {
  /** Text, or bytes, in front of the answer. */
  readonly before?: string | Uint8Array;
  /** Text, or bytes, behind the answer. */
  readonly after?: string | Uint8Array;
  /** What it prints instead of the answer; the request is not carried out. */
  readonly instead?: string | Uint8Array;
  /** What it prints on standard error. */
  readonly complaint?: string;
  readonly exitCode?: number;
}

interface StoredFault {
  readonly fault: ProxyFault;
  readonly method: WslMethod | undefined;
  left: number;
}

/** The methods WSL's proxy has. */
export type WslMethod = Extract<BrokerMethod, keyof typeof wslMethods>;
const wslMethods = {
  ping: true,
  getAccounts: true,
  acquireTokenSilently: true,
  acquireTokenInteractively: true,
  cancelInteractiveFlow: true,
  signOutSilently: true,
} as const;

/** Whoever asked is gone. */
class Gone extends Error {
  override readonly name = "Gone";
}

/** The proxy is to end in the middle of a call. */
class Died extends Error {
  override readonly name = "Died";
}

/** Emulates Windows' broker behind WSL's proxy: one connection per run of the fake proxy. */
export class WslDoor {
  readonly requests: RequestLog;
  readonly #service: BrokerService;
  readonly #server: Server;
  readonly #runs = new Map<Socket, AbortController>();
  #faults: StoredFault[] = [];

  constructor(tenant: EmulatedTenant, keepRequests: number) {
    this.requests = new RequestLog(keepRequests);
    this.#service = new BrokerService({
      tenant,
      generation: "3.0.2",
      traits: windowsTraits,
      die: async () => {
        throw new Died();
      },
    });
    this.#server = createServer((socket) => this.#welcome(socket));
  }

  /** Runs of the proxy that go on now. */
  get runs(): number {
    return this.#runs.size;
  }

  async open(socketPath: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(socketPath, resolve);
    });
  }

  addFault(fault: ProxyFault, method: WslMethod | undefined, times: number): () => void {
    const stored: StoredFault = { fault, method, left: times };
    this.#faults.unshift(stored);
    return () => {
      this.#faults = this.#faults.filter((one) => one !== stored);
    };
  }

  async close(): Promise<void> {
    for (const socket of this.#runs.keys()) socket.destroy();
    if (this.#server.listening) await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #welcome(socket: Socket): void {
    const presence = endOfMany();
    this.#runs.set(socket, presence);
    socket.on("error", () => {});
    socket.once("close", () => {
      this.#runs.delete(socket);
      presence.abort(new Gone());
    });
    let text = "";
    socket.setEncoding("utf8").on("data", (data: string) => {
      text += data;
      const end = text.indexOf("\n");
      if (end < 0) return;
      const run = JSON.parse(text.slice(0, end)) as ProxyRun;
      text = "";
      this.#carryOut(run, presence.signal).then(
        (order) => order && socket.end(JSON.stringify(order)),
        () => socket.destroy(),
      );
    });
  }

  async #carryOut({ argv, pid }: ProxyRun, signal: AbortSignal): Promise<ProxyOrder | undefined> {
    const call = readArguments(argv);
    if (call === undefined) return order("", { exitCode: 1, complaint: `${usage}\n` });
    const { method, protocolVersion, correlationId, rawRequest } = call;
    this.requests.add({ method, protocolVersion, correlationId, rawRequest, sender: `pid ${pid}` });
    const fault = this.#takeFault(method) ?? {};
    if (fault.instead !== undefined) return order(fault.instead, fault);
    try {
      const reply = await this.#service.answer({ method, correlationId, rawRequest, signal });
      return reply && ordered(reply, fault);
    } catch (error) {
      if (error instanceof Died) return { ...order("", {}), dies: true };
      if (error instanceof Gone) return undefined;
      throw error;
    }
  }

  #takeFault(method: WslMethod): ProxyFault | undefined {
    const stored = this.#faults.find((one) => one.left > 0 && (one.method ?? method) === method);
    if (stored !== undefined) stored.left -= 1;
    return stored?.fault;
  }
}

const usage =
  "usage: msal.wsl.proxy.exe --method <method> --bversion <version> --cid <correlation id> --requestJson <json>";

interface ReadCall {
  readonly method: WslMethod;
  readonly protocolVersion: string;
  readonly correlationId: string;
  readonly rawRequest: string;
}

/** The arguments as Microsoft's client gives them; the version is not checked, as the real proxy seems not to. */
function readArguments(argv: readonly string[]): ReadCall | undefined {
  const [methodKey, method = "", versionKey, protocolVersion = "", idKey, correlationId = "", jsonKey, json] =
    argv;
  const keys = [methodKey, versionKey, idKey, jsonKey].join(" ");
  if (argv.length !== 8 || keys !== "--method --bversion --cid --requestJson") return undefined;
  if (!Object.hasOwn(wslMethods, method)) return undefined;
  return { method: method as WslMethod, protocolVersion, correlationId, rawRequest: json ?? "" };
}

function ordered(reply: BrokerReply, fault: ProxyFault): ProxyOrder {
  // There is no D-Bus here: what would be its error is a proxy that fails without an answer.
  if (reply.kind !== "text") return order("", { exitCode: 1, ...fault });
  return order(reply.text, fault);
}

function order(text: string | Uint8Array, { before = "", after = "", ...fault }: ProxyFault): ProxyOrder {
  const output = Buffer.concat([before, text, after].map((part) => Buffer.from(part as Uint8Array)));
  return {
    output: output.toString("base64"),
    complaint: fault.complaint ?? "",
    exitCode: fault.exitCode ?? 0,
    dies: false,
  };
}
