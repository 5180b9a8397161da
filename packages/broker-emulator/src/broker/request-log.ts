/** A request that came through the D-Bus door, also one that was refused. */
export interface RecordedRequest {
  readonly method: string;
  readonly correlationId: string;
  readonly protocolVersion: string;
  /** The third argument, parsed; `undefined` where it is not JSON. */
  readonly request: unknown;
  /** The third argument as it was on the wire. */
  readonly rawRequest: string;
  /** The caller's unique name on the bus. */
  readonly sender: string;
}

/** The latest requests, and how many there were of each method. */
export class RequestLog {
  readonly #limit: number;
  #requests: RecordedRequest[] = [];
  #counts = new Map<string, number>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The requests still kept, oldest first. */
  get all(): readonly RecordedRequest[] {
    return this.#requests;
  }

  /** How many requests came in since the last `clear`, of one method or in all. */
  count(method?: string): number {
    if (method !== undefined) return this.#counts.get(method) ?? 0;
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  add(request: Omit<RecordedRequest, "request">): void {
    this.#counts.set(request.method, this.count(request.method) + 1);
    this.#requests.push({
      ...request,
      get request() {
        return parse(request.rawRequest);
      },
    });
    // Half as many again are let in before the oldest go, so that a long run does not move the array each time.
    if (this.#requests.length > this.#limit * 1.5) this.#requests = this.#requests.slice(-this.#limit);
  }

  clear(): void {
    this.#requests = [];
    this.#counts.clear();
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
