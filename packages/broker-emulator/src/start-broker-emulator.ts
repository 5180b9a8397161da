import { writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { type BrokerGeneration, brokerGenerations, generations } from "./broker/generations.js";
import type { RecordedRequest } from "./broker/request-log.js";
import { type ActivatableService, PrivateBus, type PrivateBusOptions } from "./bus/private-bus.js";
import { checkArgument, checkObject, oneOf, rule, rules, type Shape } from "./checks.js";
import { brokerName, DBusDoor } from "./dbus-door/dbus-door.js";
import { DiscoveryServer } from "./discovery-server.js";
import { KeyringDoor, type KeyringState, keyringStates } from "./keyring-door.js";
import { EmulatedTenant, isTenant } from "./tenant/emulated-tenant.js";

/**
 * How the broker comes onto the bus.
 * - `running`: it is there from the start.
 * - `on-demand`: the bus starts it when it is called, also after it left.
 * - `fails`: the bus tries to start it, and the program fails.
 * - `never-owns`: the program starts, and never takes the name.
 */
export type BrokerActivation = (typeof activations)[number];
const activations = ["running", "on-demand", "fails", "never-owns"] as const;

export interface BrokerEmulatorOptions {
  /** Default: an empty tenant, to be filled through the emulator's `tenant`. */
  readonly tenant?: EmulatedTenant;
  /** Which broker to be like. Default `3.0.2`. */
  readonly generation?: BrokerGeneration;
  /** The Secret Service beside the broker. Default `none`. */
  readonly keyring?: KeyringState;
  /** Default `running`. */
  readonly activation?: BrokerActivation;
  /** How long the bus waits for a started broker, in milliseconds. Default 5000. */
  readonly activationTimeoutInMs?: number;
  /** Whether to publish discovery document and key set on loopback. Default `true`. */
  readonly serveDiscovery?: boolean;
  /**
   * Join this bus instead of a private one. The emulator then stands where clients look for the real broker, so it
   * warns. Only with activation `running`.
   */
  readonly busAddress?: string;
  /** Lets other users of the machine connect to the private bus. Default `false`. */
  readonly allowOtherUsers?: boolean;
  /** How many requests `requests` keeps at least. Default 4000. */
  readonly keepRequests?: number;
}

/** A running emulator. */
export interface BrokerEmulator {
  readonly busAddress: string;
  /** What to set in a child process' environment so that it finds this broker. */
  readonly env: Readonly<Record<string, string>>;
  readonly tenant: EmulatedTenant;
  readonly generation: BrokerGeneration;
  /** The version it reports, e.g. `3.0.2-emulator`. */
  readonly version: string;
  /** The tenant's OpenID discovery document; `undefined` when it is not served. */
  readonly discoveryUrl: string | undefined;
  /** The latest requests, oldest first, refused ones too. */
  readonly requests: readonly RecordedRequest[];
  /** How many requests came in since the last `clearRequests`: of one method, or in all. */
  countRequests(method?: string): number;
  clearRequests(): void;
  /** Whether the broker is on the bus now. */
  readonly isOnBus: boolean;
  /** The broker's unique name on the bus, while it is there. */
  readonly uniqueName: string | undefined;
  /** Locks or unlocks the keyring, for the Secret Service and for the broker. */
  setKeyring(state: KeyringState): Promise<void>;
  /** The broker goes away as if it had crashed. */
  leaveBus(): Promise<void>;
  /** The broker comes back. */
  joinBus(): Promise<void>;
  /** The bus goes away, and everybody's connection with it. */
  killBus(): Promise<void>;
  /** The bus comes back, at the same address, and the broker with it (unless it is started on demand). */
  restartBus(): Promise<void>;
  /** Ends everything and removes what was put on disk. */
  stop(): Promise<void>;
}

/**
 * Starts a private message bus with an emulated broker on it.
 * @throws TypeError or RangeError for options that there are not.
 */
export async function startBrokerEmulator(options: BrokerEmulatorOptions = {}): Promise<BrokerEmulator> {
  checkOptions(options);
  const emulator = new RunningEmulator(options);
  try {
    await emulator.start();
  } catch (error) {
    await emulator.stop();
    throw error;
  }
  return emulator;
}

class RunningEmulator implements BrokerEmulator {
  readonly tenant: EmulatedTenant;
  readonly generation: BrokerGeneration;
  readonly #options: BrokerEmulatorOptions;
  readonly #door: DBusDoor;
  readonly #keyring = new KeyringDoor();
  #keyringState: KeyringState;
  #bus: PrivateBus | undefined;
  #activator: Server | undefined;
  #discovery: DiscoveryServer | undefined;

  constructor(options: BrokerEmulatorOptions) {
    const { tenant = new EmulatedTenant(), generation = "3.0.2", keepRequests = 4000 } = options;
    this.tenant = tenant;
    this.generation = generation;
    this.#options = options;
    this.#keyringState = options.keyring ?? "none";
    this.#door = new DBusDoor({ tenant, generation, keepRequests });
  }

  get busAddress(): string {
    const address = this.#options.busAddress ?? this.#bus?.address;
    if (address === undefined) throw new Error("The emulator has no bus.");
    return address;
  }

  get env(): Readonly<Record<string, string>> {
    // The second one for those who test from within WSL: there, the default is Windows' own broker.
    return { DBUS_SESSION_BUS_ADDRESS: this.busAddress, X_BROKER_TRANSPORT: "dbus" };
  }

  get version(): string {
    return generations[this.generation].version;
  }

  get discoveryUrl(): string | undefined {
    return this.#discovery?.url;
  }

  get requests(): readonly RecordedRequest[] {
    return this.#door.requests.all;
  }

  get isOnBus(): boolean {
    return this.#door.isOnBus;
  }

  get uniqueName(): string | undefined {
    return this.#door.uniqueName;
  }

  countRequests(method?: string): number {
    return this.#door.requests.count(method);
  }

  clearRequests(): void {
    this.#door.requests.clear();
  }

  async start(): Promise<void> {
    const { busAddress, serveDiscovery = true, activation = "running" } = this.#options;
    if (busAddress === undefined) {
      this.#bus = await PrivateBus.start({
        ...pick(this.#options, "activationTimeoutInMs"),
        ...pick(this.#options, "allowOtherUsers"),
        prepare: (directory) => this.#prepareActivation(directory, activation),
      });
    } else {
      process.emitWarning(
        `@x/broker-emulator takes the name ${brokerName} on a bus that it did not start: programs there will talk to an emulator.`,
        { code: "BROKER_EMULATOR_ON_FOREIGN_BUS" },
      );
    }
    if (serveDiscovery) this.#discovery = await DiscoveryServer.start(this.tenant);
    await this.setKeyring(this.#keyringState);
    if (activation === "running") await this.joinBus();
  }

  async setKeyring(state: KeyringState): Promise<void> {
    checkArgument("setKeyring", "state", state, oneOf(keyringStates));
    this.#keyringState = state;
    this.#door.keyringLocked = state === "locked";
    await this.#keyring.set(state, this.busAddress);
  }

  leaveBus(): Promise<void> {
    return this.#door.leave();
  }

  joinBus(): Promise<void> {
    return this.#door.join(this.busAddress);
  }

  async killBus(): Promise<void> {
    const bus = this.#ownBus("killBus");
    await bus.kill();
    await Promise.all([this.#door.leave(), this.#keyring.leave()]);
  }

  async restartBus(): Promise<void> {
    const bus = this.#ownBus("restartBus");
    await bus.restart();
    await Promise.all([this.#door.leave(), this.#keyring.leave()]);
    await this.setKeyring(this.#keyringState);
    if ((this.#options.activation ?? "running") === "running") await this.joinBus();
  }

  async stop(): Promise<void> {
    await Promise.all([this.#door.leave(), this.#keyring.leave()]);
    await new Promise<void>((resolve) => {
      if (this.#activator === undefined) resolve();
      else this.#activator.close(() => resolve());
    });
    this.#activator = undefined;
    await this.#discovery?.stop();
    this.#discovery = undefined;
    await this.#bus?.stop();
  }

  #ownBus(method: string): PrivateBus {
    if (this.#bus !== undefined) return this.#bus;
    throw new Error(`${method}: the bus belongs to somebody else (it was given as \`busAddress\`).`);
  }

  async #prepareActivation(directory: string, activation: BrokerActivation): Promise<PrivateBusOptions> {
    const command = await this.#activationCommand(directory, activation);
    const services: ActivatableService[] = command === undefined ? [] : [{ name: brokerName, command }];
    return { services };
  }

  async #activationCommand(
    directory: string,
    activation: BrokerActivation,
  ): Promise<readonly string[] | undefined> {
    switch (activation) {
      case "running":
        return undefined;
      case "fails":
        return ["/bin/false"];
      case "never-owns":
        return ["/bin/true"];
      case "on-demand":
        return this.#onDemandCommand(directory);
    }
  }

  /**
   * What the bus starts only knocks at this process, which then takes the name: so policies, scripts and recorded
   * requests are those of the test that called, however often the broker goes and comes.
   */
  async #onDemandCommand(directory: string): Promise<readonly string[]> {
    const socketPath = join(directory, "activate");
    const activator = createServer((socket) => {
      socket.on("error", () => {});
      this.joinBus().then(
        () => socket.end("ok"),
        () => socket.destroy(),
      );
    });
    await new Promise<void>((resolve, reject) => {
      activator.once("error", reject);
      activator.listen(socketPath, resolve);
    });
    this.#activator = activator;
    const program = join(directory, "activate.cjs");
    await writeFile(program, knock(socketPath), { mode: 0o600 });
    return [process.execPath, program];
  }
}

/** Ends with success only when the emulator has taken the name. */
function knock(socketPath: string): string {
  return `let answer = "";
require("node:net").connect(${JSON.stringify(socketPath)})
  .on("data", (data) => { answer += data; })
  .on("error", () => {})
  .on("close", () => { process.exitCode = answer === "ok" ? 0 : 1; });
`;
}

const optionsShape: Shape = {
  tenant: rule("an EmulatedTenant", isTenant),
  generation: oneOf(brokerGenerations),
  keyring: oneOf(keyringStates),
  activation: oneOf(activations),
  activationTimeoutInMs: rules.delay,
  serveDiscovery: rules.flag,
  busAddress: rules.text,
  allowOtherUsers: rules.flag,
  keepRequests: rules.wholeCount,
};

function checkOptions(options: BrokerEmulatorOptions): void {
  checkObject("startBrokerEmulator", "options", options, optionsShape);
  const { activation, busAddress } = options;
  if (busAddress !== undefined && activation !== undefined && activation !== "running") {
    throw new TypeError("startBrokerEmulator: `busAddress` goes together with activation 'running' only.");
  }
}

function pick<T extends object, K extends keyof T>(object: T, key: K): Pick<T, K> | Record<string, never> {
  return object[key] === undefined ? {} : ({ [key]: object[key] } as Pick<T, K>);
}
