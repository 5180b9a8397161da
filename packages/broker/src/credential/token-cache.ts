import type { BrokerToken } from "@x/broker-contract";
import { type SignInRoute, throughBroker } from "../fallback/fallback-kind.js";
import { sameId } from "./ids.js";

/** A token this close to its end is not handed out from the cache: the request it is for takes time too. */
const expirySkewInMs = 5 * 60_000;
/** When the broker does not say when to refresh, and the token is of ordinary length. */
const refreshAheadInMs = 10 * 60_000;
/** From this length on (as with continuous access evaluation) refresh at half of it, as MSAL does. */
const longLivedInMs = 2 * 60 * 60_000;
/** The least time between two attempts to refresh one token in the background. */
const refreshPauseInMs = 30_000;

/** Everything that changes a token within one credential; client id, redirect URI and cloud are fixed there. */
export function tokenKey(
  homeAccountId: string,
  tenantId: string,
  enableCae: boolean,
  scopeKey: string,
): string {
  return `${homeAccountId}\n${tenantId}\n${enableCae ? "cae" : ""}\n${scopeKey}`;
}

/** Whose token a key is for; `""` where that was not known yet. */
export function ownerOf(key: string): string {
  return key.slice(0, key.indexOf("\n"));
}

/** A cached token. */
export interface CacheEntry {
  readonly token: BrokerToken;
  /** The way it came, by which it is renewed as well. */
  readonly route: SignInRoute;
  /** From when a new token should be fetched, in milliseconds since the epoch. */
  readonly refreshAfter: number;
  /** No background refresh before this. */
  nextRefresh: number;
  /** Orders entries by when they were asked for: an older answer never replaces a newer one. */
  readonly sequence: number;
}

/** Bearer tokens in memory, the least recently used dropped first. Nothing is written to disk. */
export class TokenCache {
  readonly #entries = new Map<string, CacheEntry>();
  readonly #capacity: number;

  constructor(capacity = 200) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** A token that is still good for a while. */
  get(key: string, now: number): CacheEntry | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    if (entry.token.expiresOn - expirySkewInMs <= now) return undefined;
    this.#entries.set(key, entry);
    return entry;
  }

  put(key: string, entry: CacheEntry): void {
    const present = this.#entries.get(key);
    if (present !== undefined && present.sequence > entry.sequence) return;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    if (this.#entries.size <= this.#capacity) return;
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined) this.#entries.delete(oldest);
  }

  /** Forgets the tokens of one account. */
  forget(homeAccountId: string): void {
    for (const [key, entry] of this.#entries)
      if (sameId(entry.token.account.homeAccountId, homeAccountId)) this.#entries.delete(key);
  }
}

/** Makes a cache entry of a token that was asked for as the `sequence`th. */
export function cacheEntry(
  token: BrokerToken,
  sequence: number,
  now: number,
  route: SignInRoute = throughBroker,
): CacheEntry {
  const refreshAfter = refreshTimeOf(token, now);
  return {
    token,
    route,
    refreshAfter,
    nextRefresh: Math.max(refreshAfter, now + refreshPauseInMs),
    sequence,
  };
}

/** Whether to refresh in the background now; says so once per pause. */
export function claimRefresh(entry: CacheEntry, now: number): boolean {
  if (now < entry.nextRefresh) return false;
  entry.nextRefresh = now + refreshPauseInMs;
  return true;
}

function refreshTimeOf(token: BrokerToken, now: number): number {
  if (token.refreshOn !== undefined && token.refreshOn < token.expiresOn) return token.refreshOn;
  const remaining = token.expiresOn - now;
  return remaining >= longLivedInMs
    ? now + remaining / 2
    : token.expiresOn - Math.min(refreshAheadInMs, Math.max(remaining / 2, 0));
}
