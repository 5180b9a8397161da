import { createRequire } from "node:module";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, onTestFinished } from "vitest";
import type {
  NativeAccount,
  NativeBinding,
  NativeProvider,
  NativeSilentRequest,
  NativeTurn,
} from "../../../packages/broker-win/src/native.js";
import {
  type FakeWam,
  loadFakeWam,
  type WamAnswer,
  type WamCall,
  type WamHandler,
  type WamLogEntry,
  type WamSettings,
} from "../../doubles/wam/fake-wam.js";

/** The addon under test, as its file is: production's, or the build that takes the fake by a hook. */
export const addonPath = process.env["BROKER_WIN_ADDON"] ?? "";
export const fake: FakeWam = loadFakeWam();
export const addon = createRequire(addonPath)(addonPath) as NativeBinding;

export const work = {
  id: "https://login.microsoft.com",
  displayName: "Work or school account",
  authority: "organizations",
};
export const personal = { ...work, displayName: "Microsoft account", authority: "consumers" };
export const jane = {
  id: "jane-wam-id",
  userName: "jane@contoso.example",
  provider: work,
  properties: { OID: "object-id", TenantId: "tenant-id" },
};

/** The calls that ask for something, by their names in the log. */
type Asked = WamCall["call"];

/** Answers by the name of the call; a call that is not named gets `defaultAnswer`. */
export type Answers = Partial<Record<Asked, WamAnswer | ((call: WamCall) => WamAnswer | Promise<WamAnswer>)>>;

/** Starts the fake for one test. */
export function script(answers: Answers = {}, settings: WamSettings = {}): void {
  const handler: WamHandler = (call) => {
    const answer = answers[call.call] ?? defaultAnswer(call);
    return typeof answer === "function" ? answer(call) : answer;
  };
  fake.start(handler, settings);
  onTestFinished(() => {
    const errors = fake.handlerErrors;
    fake.stop();
    expect(errors).toEqual([]);
  });
}

export const token = { status: 0, responses: [{ token: "a-token", account: jane, properties: { a: "b" } }] };

function defaultAnswer({ call }: WamCall): WamAnswer {
  if (call.startsWith("Find") && call.includes("Provider")) return { provider: work };
  if (call.startsWith("FindAllAccounts")) return { status: 0, accounts: [jane] };
  if (call === "FindAccountAsync") return { account: jane };
  if (call === "pane.commands") return { choice: 0 };
  return call.startsWith("account.") || call.startsWith("result.") ? { done: true } : token;
}

/** Entries of the fake's log with this name. */
export function logged(call: string): readonly WamLogEntry[] {
  return fake.log().filter((entry) => entry.call === call);
}

/** A promise to be settled from outside, for answers that come when a test says so. */
export function later<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

export const never = new Promise<never>(() => {});

export async function findProvider(): Promise<NativeProvider> {
  const provider = await addon.findProvider({ id: "https://login.windows.local" }).result;
  if (provider === null) throw new Error("There is no provider");
  return provider;
}

export async function findAccount(provider: NativeProvider): Promise<NativeAccount> {
  const account = await addon.findAccount({ provider, accountId: jane.id }).result;
  if (account === null) throw new Error("There is no account");
  return account;
}

export function silently(
  provider: NativeProvider,
  more: Partial<NativeSilentRequest> = {},
): NativeSilentRequest {
  return {
    mode: "silent",
    provider,
    scope: "user.read",
    clientId: "client-id",
    promptType: 0,
    properties: {},
    appProperties: {},
    ...more,
  };
}

/** The turn to show windows, which ends with the test at the latest. */
export async function takeTurn(): Promise<NativeTurn> {
  const turn = await addon.beginInteractive().result;
  onTestFinished(() => turn.end());
  return turn;
}

/** A window for the length of a test. */
export function openWindow(): bigint {
  const window = fake.openWindow();
  onTestFinished(() => fake.closeWindow(window));
  return window;
}

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc") as () => void;

/** Collects what nobody refers to any more, and gives finalizers their turn. */
export async function collectGarbage(): Promise<void> {
  gc();
  await new Promise((resolve) => setImmediate(resolve));
}
