import type { NativeRequest } from "../plugins/msal-types.js";
import { NativeBrokerPlugin, type NativeBrokerPluginOptions } from "../plugins/native-broker-plugin.js";
import { FakeBroker, scope, tenantA } from "./fake-broker.js";

export const correlationId = "6a0b3ec6-46a1-4dbd-a0e1-0d2a4e1c9f10";
/** The native account id of Ada. */
export const adaId = "a975168d-a362-458b-af1c-a8982b1e8aac";

type Extra = Partial<NativeRequest> & { readonly account?: object; readonly abortSignal?: AbortSignal };

/** A request as msal-node makes it, which nobody may change. */
export function request(more: Extra = {}): NativeRequest {
  return Object.freeze({
    clientId: "my-app",
    authority: `https://login.microsoftonline.com/${tenantA}/`,
    correlationId,
    redirectUri: "",
    scopes: Object.freeze([scope]) as string[],
    extraParameters: Object.freeze({ "x-client-xtra-sku": "msal.node|7.2.1,|,|,|,|" }),
    ...more,
  });
}

/** A plugin over a fake broker. */
export function setUp(options: NativeBrokerPluginOptions = {}) {
  const broker = new FakeBroker();
  return { broker, plugin: new NativeBrokerPlugin({ broker, ...options }) };
}
