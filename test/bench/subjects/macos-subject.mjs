// The macOS package over the double of AuthenticationServices in this process.
import { createRequire } from "node:module";
import { createSsoExtensionDoor } from "@x/broker-emulator";
import { createMacBroker } from "@x/broker-mac";
import { doubleFiles } from "../../doubles/authentication-services/double-files.mjs";
import { benchTenant } from "./bench-tenant.mjs";
import { serveOver } from "./doubled-subject.mjs";

const require = createRequire(import.meta.url);
const caller = { signingIdentifier: "node" };
const { tenant, hasBroker } = benchTenant();
/** @type {import("../../doubles/authentication-services/double.js").ExtensionDouble} */
const extension = require(doubleFiles.extension);
const door = createSsoExtensionDoor(tenant, { caller });
extension.setCaller(caller);
extension.setCanPerform(hasBroker);

/** @type {any} */
let latest;
extension.onRequest(({ identityProviderUrl, operation, options, userInterfaceEnabled, answer }) => {
  const call = { identityProviderUrl, operation, options, userInterfaceEnabled };
  door.answer({ ...call, signal: new AbortController().signal }).then((given) => {
    latest = given;
    answer(given);
  });
});
/** @type {Map<string, any>} */
const canned = new Map();

await serveOver({
  binding: require(doubleFiles.binding),
  exchanges: ["canPerform", "perform"],
  createBroker: (binding) =>
    createMacBroker({ loadBinding: () => binding, companyPortal: async () => ({ installed: false }) }),
  usual: {},
  // Each of the calls is one request, so one answer will do. It comes inside `performRequests`.
  play(call) {
    if (call !== undefined && !canned.has(call)) canned.set(call, latest);
    extension.answerInsidePerform(call === undefined ? undefined : canned.get(call));
  },
});
