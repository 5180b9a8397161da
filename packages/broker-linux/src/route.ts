import { BrokerError } from "@x/broker-contract";
import type { CallFacts, Deadline } from "@x/broker-protocol";
import type { BrokerRoute, BrokerTransport } from "./transport.js";
import { isAbsence } from "./wsl/wsl-errors.js";
import type { WslTransport } from "./wsl/wsl-transport.js";

/** The one way there is, or the one the user chose. */
export class FixedRoute implements BrokerRoute {
  readonly current: BrokerTransport;

  constructor(transport: BrokerTransport) {
    this.current = transport;
  }

  async choose(_deadline: Deadline, _facts: CallFacts, afresh?: "afresh"): Promise<BrokerTransport> {
    if (afresh !== undefined) this.current.forget();
    return this.current;
  }

  close(): void {
    this.current.close();
  }
}

/**
 * The way from within WSL: to Windows' broker where its proxy is to be had, else to a broker of the distribution
 * (or of whatever bus a container was given) if one answers. A proxy that is there and fails is no reason to ask
 * another broker, with other accounts. Looked at anew at each probe.
 */
export class WslRoute implements BrokerRoute {
  readonly #wsl: WslTransport;
  readonly #dbus: BrokerTransport;
  #passedOver: BrokerError | undefined;

  constructor(wsl: WslTransport, dbus: BrokerTransport) {
    this.#wsl = wsl;
    this.#dbus = dbus;
  }

  get current(): BrokerTransport {
    return this.#passedOver === undefined ? this.#wsl : this.#dbus;
  }

  get passedOver(): BrokerError | undefined {
    return this.#passedOver;
  }

  async choose(deadline: Deadline, facts: CallFacts, afresh?: "afresh"): Promise<BrokerTransport> {
    if (this.#passedOver !== undefined && afresh === undefined) return this.#dbus;
    if (afresh !== undefined) this.#wsl.forget();
    try {
      await this.#wsl.proxy(deadline, facts);
      this.#passedOver = undefined;
      return this.#wsl;
    } catch (error) {
      if (!(error instanceof BrokerError) || !isAbsence(error)) throw error;
      this.#passedOver = undefined;
      await this.#reachDbus(deadline, facts, error);
      this.#passedOver = error;
      return this.#dbus;
    }
  }

  close(): void {
    this.#wsl.close();
    this.#dbus.close();
  }

  /** @throws BrokerError `absence`: here, Windows' broker is the one that should be put right */
  async #reachDbus(deadline: Deadline, facts: CallFacts, absence: BrokerError): Promise<void> {
    try {
      await this.#dbus.reach(deadline, { ...facts, platform: this.#dbus.dialect.platform });
    } catch (error) {
      throw error instanceof BrokerError && error.code === "broker_unavailable" ? absence : error;
    }
  }
}
