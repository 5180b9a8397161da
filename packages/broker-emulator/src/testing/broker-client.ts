import { createClient, type MessageBus, type RawMessage } from "@homebridge/dbus-native";

/** A D-Bus error as this client saw it. */
export interface SeenError {
  readonly name: string;
  readonly message: string;
}

type Json = Record<string, unknown>;

/** A plain D-Bus client, independent of the emulator's own connection code. */
export class BrokerClient {
  readonly #bus: MessageBus;

  constructor(busAddress: string) {
    this.#bus = createClient({ busAddress });
    // A test that kills the bus learns of it from its calls.
    this.#bus.connection.on("error", () => {});
  }

  /** Any method call; resolves to the reply's arguments. */
  invoke(message: RawMessage): Promise<unknown[]> {
    return new Promise((resolve, reject) => {
      this.#bus.invoke(message, (error: unknown, ...values: unknown[]) => {
        if (error) reject(error);
        else resolve(values);
      });
    });
  }

  /** A broker method with the usual three strings; resolves to the reply's text. */
  async text(method: string, requestJson: string, changes: RawMessage = {}): Promise<string> {
    const [reply] = await this.invoke({
      destination: "com.microsoft.identity.broker1",
      path: "/com/microsoft/identity/broker1",
      interface: "com.microsoft.identity.Broker1",
      member: method,
      signature: "sss",
      body: ["0.0", "00000000-0000-4000-8000-000000000001", requestJson],
      ...changes,
    });
    return String(reply);
  }

  /** The same with JSON on both sides. */
  async json(method: string, request: unknown): Promise<Json> {
    return JSON.parse(await this.text(method, JSON.stringify(request))) as Json;
  }

  close(): void {
    this.#bus.connection.stream.destroy();
  }
}

/** The error object of an answer, wherever it stands. */
export function errorOf(answer: Json): Json | undefined {
  const response = answer["brokerTokenResponse"] as Json | undefined;
  return (response?.["error"] ?? answer["error"]) as Json | undefined;
}

/** The token part of an answer. */
export function tokenOf(answer: Json): Json {
  return answer["brokerTokenResponse"] as Json;
}

/** What `promise` rejects with. */
export async function rejectionOf(promise: Promise<unknown>): Promise<SeenError> {
  return promise.then(
    (value) => {
      throw new Error(`expected a D-Bus error, got ${JSON.stringify(value)}`);
    },
    (error: SeenError) => ({ name: error.name, message: error.message }),
  );
}
