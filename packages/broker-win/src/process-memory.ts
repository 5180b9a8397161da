import { ProofKey } from "@x/broker-protocol";
import type { NativeBinding } from "./native.js";
import { packageVersion } from "./version.js";
import type { AccountKind } from "./wam-constants.js";

/** An account that WAM gave a token for. */
export interface KnownAccount {
  readonly homeAccountId: string;
  /** WAM's own id of the account, for one app. */
  readonly wamAccountId: string;
  readonly kind: AccountKind;
}

/**
 * What this process (each worker thread by itself) remembers: which of WAM's accounts is whose, which were signed out,
 * and what proof of possession needs. Shared by all brokers over one addon. Nothing of it is written anywhere.
 */
export class ProcessMemory {
  readonly #byHomeId = new Map<string, KnownAccount>();
  readonly #byWamId = new Map<string, KnownAccount>();
  readonly #signedOut = new Set<string>();
  #proofKey: Promise<ProofKey> | undefined;
  /** Whether WAM binds tokens to a key of its own; `undefined` until it has been asked. */
  bindsTokens: boolean | undefined;

  static of(binding: NativeBinding): ProcessMemory {
    const memories = sharedMemories();
    const memory = memories.get(binding) ?? new ProcessMemory();
    memories.set(binding, memory);
    return memory;
  }

  remember(clientId: string, account: KnownAccount): void {
    this.#byHomeId.set(key(clientId, account.homeAccountId), account);
    this.#byWamId.set(key(clientId, account.wamAccountId), account);
  }

  forget(clientId: string, { homeAccountId, wamAccountId }: KnownAccount): void {
    this.#byHomeId.delete(key(clientId, homeAccountId));
    this.#byWamId.delete(key(clientId, wamAccountId));
  }

  byHomeId(clientId: string, homeAccountId: string): KnownAccount | undefined {
    return this.#byHomeId.get(key(clientId, homeAccountId));
  }

  byWamId(clientId: string, wamAccountId: string): KnownAccount | undefined {
    return this.#byWamId.get(key(clientId, wamAccountId));
  }

  /** The accounts known for an app, in the order they were met. */
  knownTo(clientId: string): KnownAccount[] {
    const prefix = key(clientId, "");
    return [...this.#byHomeId].filter(([id]) => id.startsWith(prefix)).map(([, account]) => account);
  }

  markSignedOut(clientId: string, homeAccountId: string): void {
    this.#signedOut.add(key(clientId, homeAccountId));
  }

  markSignedIn(clientId: string, homeAccountId: string): void {
    this.#signedOut.delete(key(clientId, homeAccountId));
  }

  isSignedOut(clientId: string, homeAccountId: string): boolean {
    return this.#signedOut.has(key(clientId, homeAccountId));
  }

  /** This process' own key for proof of possession, made when first needed. */
  proofKey(): Promise<ProofKey> {
    this.#proofKey ??= ProofKey.create().catch((error: unknown) => {
      this.#proofKey = undefined;
      throw error;
    });
    return this.#proofKey;
  }
}

/** Shared by the copies of this package in a thread: an app may load it as an ES module and as CommonJS. */
function sharedMemories(): WeakMap<NativeBinding, ProcessMemory> {
  const name = Symbol.for(`@x/broker-win.memory.${packageVersion}`);
  const scope = globalThis as { [name: symbol]: WeakMap<NativeBinding, ProcessMemory> | undefined };
  const memories = scope[name] ?? new WeakMap<NativeBinding, ProcessMemory>();
  scope[name] = memories;
  return memories;
}

function key(clientId: string, id: string): string {
  return `${clientId}\n${id}`.toLowerCase();
}
