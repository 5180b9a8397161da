import type {
  NativeBinding,
  NativeCaller,
  NativeError,
  NativeErrorLink,
  NativePendingRequest,
  NativeRequest,
  NativeResponse,
} from "../../native.js";

/** One request the fake extension got. */
export interface FakeRequest {
  readonly operation: string;
  readonly options: Readonly<Record<string, string>>;
  readonly native: NativeRequest;
}

/** What it answers: header fields, a whole response, an error, or nothing (a promise that never settles). */
export type FakeAnswer = Readonly<Record<string, string>> | NativeResponse | Error;
export type FakeHandler = (request: FakeRequest) => FakeAnswer | Promise<FakeAnswer>;

/** An error as the addon throws it. */
export function nativeError(code: NativeError["code"], facts: Partial<NativeError> = {}): NativeError {
  return Object.assign(new Error(`native ${code}`), { code, ...facts });
}

/** A failed request: its chain of `NSError`s, outermost first. */
export function chain(...links: (Partial<NativeErrorLink> & Pick<NativeErrorLink, "domain" | "code">)[]) {
  const errors = links.map((link) => ({
    localizedDescription: "The operation couldn’t be completed.",
    userInfo: {},
    ...link,
  }));
  return nativeError("request_failed", { errors });
}

/** A promise that never settles. */
export const never = new Promise<never>(() => {});

/** An extension behind AuthenticationServices, in place of the addon. It keeps the promises of `native.ts`. */
export class FakeExtension implements NativeBinding {
  /** What it answers, by operation. An operation without a handler never gets an answer. */
  readonly handlers = new Map<string, FakeHandler>();
  /** Every request that reached it. */
  readonly requests: FakeRequest[] = [];
  readonly canceled: NativeRequest[] = [];
  /** How often it was asked whether there is an extension. */
  asked = 0;
  /** How often the main run loop was served. */
  served = 0;
  /** Most requests under way at a time that could show a window. */
  maxWindows = 0;
  available: boolean | NativeError | Promise<boolean> = true;
  mainThread = true;
  applicationRunning = false;
  identity: NativeCaller = { signingIdentifier: "node" };
  /** Called whenever the main run loop is served. */
  onServed: () => void = () => {};
  #windows = 0;
  #inFlight = 0;

  on(operation: string, handler: FakeHandler | FakeAnswer | Promise<FakeAnswer>): this {
    this.handlers.set(operation, typeof handler === "function" ? handler : () => handler);
    return this;
  }

  requestsOf(operation: string): FakeRequest[] {
    return this.requests.filter((request) => request.operation === operation);
  }

  async canPerform(): Promise<boolean> {
    this.asked++;
    if (this.available instanceof Error) throw this.available;
    return await this.available;
  }

  canPerformNow(): boolean {
    throw new Error("No request stops the event loop.");
  }

  perform(native: NativeRequest): NativePendingRequest {
    const request = { operation: native.operation, options: Object.fromEntries(native.options), native };
    this.requests.push(request);
    this.#inFlight++;
    if (native.userInterfaceEnabled) this.maxWindows = Math.max(this.maxWindows, ++this.#windows);
    let settled = false;
    let stop: (error: Error) => void = () => {};
    const stopped = new Promise<never>((_resolve, reject) => {
      stop = reject;
    });
    const end = () => {
      if (settled) return;
      settled = true;
      this.#inFlight--;
      if (native.userInterfaceEnabled) this.#windows--;
    };
    const result = Promise.race([this.#answer(request), stopped]).finally(end);
    result.catch(() => {});
    return {
      result,
      cancel: () => {
        if (settled) return;
        this.canceled.push(native);
        stop(nativeError("canceled"));
      },
    };
  }

  isMainThread(): boolean {
    return this.mainThread;
  }

  isApplicationRunning(): boolean {
    return this.applicationRunning;
  }

  serveMainRunLoop(): void {
    this.served++;
    this.onServed();
  }

  caller(): NativeCaller {
    return this.identity;
  }

  stats() {
    return { requestsInFlight: this.#inFlight };
  }

  async #answer(request: FakeRequest): Promise<NativeResponse> {
    // An answer never comes inside of the call.
    await null;
    const handler = this.handlers.get(request.operation);
    const answer = handler === undefined ? await never : await handler(request);
    if (answer instanceof Error) throw answer;
    if (isResponse(answer)) return answer;
    return { headers: Object.entries(answer), status: 200, url: "https://login.microsoftonline.com/common" };
  }
}

function isResponse(answer: FakeAnswer): answer is NativeResponse {
  return "headers" in answer && typeof answer.headers === "object";
}
