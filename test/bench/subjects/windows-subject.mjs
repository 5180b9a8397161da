// The Windows package in Windows' Node.js, over the shipped addon and the fake WAM in this process.
import { createWamDoor } from "@x/broker-emulator";
import { createWindowsBroker } from "@x/broker-win";
import { loadFakeWam } from "../../doubles/wam/fake-wam.js";
import { loadAddonUnderTest, usualSession } from "../../windows/windows-stage.js";
import { benchTenant } from "./bench-tenant.mjs";
import { serveOver } from "./doubled-subject.mjs";

const { tenant, hasBroker } = benchTenant();
const door = createWamDoor(tenant);
const wam = loadFakeWam();
/** @type {Map<string, import("../../doubles/wam/fake-wam.js").RepeatedAnswer>} */
const heard = new Map();
/** @type {Map<string, import("../../doubles/wam/fake-wam.js").RepeatedAnswer[]>} */
const canned = new Map();

let isPlaying = false;
wam.start(async (call) => {
  // It would be measured with the tenant's work in it: that call fails, and the bench with it.
  if (isPlaying) throw new Error(`${call.call} has no canned answer.`);
  const answer = hasBroker ? await door.answer(call) : { provider: null };
  const containing = distinction(call);
  heard.set(`${call.call} ${containing}`, { call: call.call, containing, answer });
  return answer;
});

await serveOver({
  binding: loadAddonUnderTest(),
  exchanges: ["findProvider", "findAccounts", "findAccount", "requestToken", "signOut", "beginInteractive"],
  createBroker: (binding) =>
    createWindowsBroker({ readSession: () => usualSession, loadBinding: () => binding }),
  usual: {},
  play(call) {
    isPlaying = call !== undefined;
    if (call === undefined) {
      heard.clear();
      wam.repeat([]);
      return;
    }
    if (!canned.has(call)) canned.set(call, [...heard.values()]);
    wam.repeat(canned.get(call) ?? []);
  },
});

/**
 * What tells two calls of one name apart: the plug-in that is asked.
 * @param {import("../../doubles/wam/fake-wam.js").WamCall} call
 */
function distinction(call) {
  if ("authority" in call) return `"authority":${JSON.stringify(call.authority)}`;
  return "clientId" in call && typeof call.provider === "string"
    ? `"provider":${JSON.stringify(call.provider)}`
    : "";
}
