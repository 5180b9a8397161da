import { EmulatedTenant } from "../tenant/emulated-tenant.js";
import type {
  WamAccount,
  WamAnswer,
  WamCall,
  WamProvider,
  WamTokenAnswer,
  WamTokenCall,
} from "../wam-door/wam-calls.js";
import { createWamDoor, type WamDoor, type WamDoorOptions } from "../wam-door/wam-door.js";
import { clientId, populate } from "./token-requests.js";

type Unsigned<T> = T extends WamCall ? Omit<T, "signal"> : never;

/** What Microsoft's client puts into every request for a work account, and for a personal one. */
const usualProperties = {
  organizations: { wam_compat: "2.0", return_account_on_failure: "true" },
  consumers: { "api-version": "2.0", oauth2_batch: "1", "x-client-info": "1" },
} as const;

/** A client of a WAM door that calls as Microsoft's does, unless told otherwise. */
export class WamClient {
  readonly #door: WamDoor;

  constructor(door: WamDoor) {
    this.#door = door;
  }

  call(
    call: Unsigned<WamCall>,
    signal: WamCall["signal"] = new AbortController().signal,
  ): Promise<WamAnswer> {
    return this.#door.answer({ ...call, signal } as WamCall);
  }

  async findProvider(id: string, authority?: string): Promise<WamProvider | null> {
    const answer = await this.call(
      authority === undefined
        ? { call: "FindAccountProviderAsync", id }
        : { call: "FindAccountProviderWithAuthorityAsync", id, authority },
    );
    return (answer as { provider: WamProvider | null }).provider;
  }

  async listAccounts(provider = "organizations"): Promise<{ status: number; accounts?: WamAccount[] }> {
    const answer = await this.call({ call: "FindAllAccountsWithClientIdAsync", provider, clientId });
    return answer as { status: number; accounts?: WamAccount[] };
  }

  async findAccount(provider: string, id: string): Promise<WamAccount | null> {
    const answer = await this.call({ call: "FindAccountAsync", provider, id });
    return (answer as { account: WamAccount | null }).account;
  }

  /** By default: silently, for the default work account. */
  async requestToken(
    changes: Partial<Omit<WamTokenCall, "provider">> & {
      provider?: "organizations" | "consumers";
      tag?: string;
    } = {},
  ): Promise<WamTokenAnswer> {
    const { provider = "organizations", tag, signal, ...others } = changes;
    const answer = await this.call(
      {
        call: "GetTokenSilentlyAsync",
        provider: {
          id: "https://login.microsoft.com",
          authority: provider,
          ...(tag === undefined ? {} : { tag }),
        },
        clientId,
        scope: `User.Read ${provider === "organizations" ? "offline_access " : ""}openid profile`,
        promptType: 0,
        correlationId: "00000000-0000-4000-8000-000000000001",
        webAccount: "",
        appProperties: {},
        ...others,
        properties: { ...usualProperties[provider], ...changes.properties },
      },
      signal,
    );
    return answer as WamTokenAnswer;
  }
}

/** The only response in an answer. */
export function responseOf({ status, responses = [] }: WamTokenAnswer) {
  const [response] = responses;
  if (response === undefined) throw new Error(`There is no response; the status is ${status}.`);
  return { ...response, properties: response.properties ?? {} };
}

/** A tenant with one app and one person signed in, a WAM door to it, and a client of that. */
export function wamWorld(options: WamDoorOptions = {}) {
  const clock = { now: Math.floor(Date.now() / 1000) * 1000 };
  const tenant = new EmulatedTenant({ now: () => clock.now });
  const { account } = populate(tenant);
  const door = createWamDoor(tenant, options);
  return { clock, tenant, account, door, client: new WamClient(door) };
}

/** The same with a personal account beside the one of work. */
export function wamWorldOfBoth() {
  const world = wamWorld();
  const pat = world.tenant.addAccount({ username: "pat@outlook.example", name: "Pat Doe", personal: true });
  return { ...world, pat };
}
