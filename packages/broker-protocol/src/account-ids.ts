import type { BrokerAccount } from "@x/broker-contract";
import { base64UrlText } from "./base64url.js";
import { parseObject, stringField, textField } from "./json.js";

/** Who `clientInfo` (base64url JSON of `uid` and `utid`) is about, as a home account id. */
export function homeAccountIdOf(clientInfo: string): string | undefined {
  const info = parseObject(base64UrlText(clientInfo));
  const uid = info && textField(info, "uid");
  const utid = info && textField(info, "utid");
  return uid === undefined || utid === undefined ? undefined : `${uid}.${utid}`;
}

/** An account's id and the tenant it is at home in. */
export interface HomeIds {
  readonly uid: string;
  readonly utid: string;
}

/** The two ids in a home account id. */
export function homeIds(homeAccountId: string): HomeIds {
  const [uid = "", utid = ""] = homeAccountId.split(".", 2);
  return { uid, utid };
}

/** `clientInfo` as brokers write it, of a home account id; `undefined` for what is none. */
export function clientInfoOf(homeAccountId: string): string | undefined {
  const dot = homeAccountId.indexOf(".");
  if (dot <= 0) return undefined;
  const info = { uid: homeAccountId.slice(0, dot), utid: homeAccountId.slice(dot + 1) };
  return Buffer.from(JSON.stringify(info)).toString("base64url");
}

/** Whether two ids or user names are the same; they are compared without regard to case. */
export function sameId(left: string, right: string): boolean {
  return left === right || left.toLowerCase() === right.toLowerCase();
}

/** What must not show up in an error or a log about a request for this account. */
export function personalDataOf(account: BrokerAccount | undefined, loginHint: string | undefined): string[] {
  const names: string[] = [];
  const add = (name: unknown) => {
    if (typeof name === "string" && name !== "") names.push(name);
  };
  if (account?.native)
    for (const key of ["givenName", "familyName", "middleName"]) add(stringField(account.native, key));
  add(loginHint);
  add(account?.username);
  add(account?.name);
  return names;
}
