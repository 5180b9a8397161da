// A process that is measured where a double plays the operating system: both sides run in it, over the same addon and
// the same canned answers. Those are what an emulated tenant has answered to the same calls before.
import { recorder, replay } from "./bare-binding.mjs";
import { callsOf, othersOf } from "./broker-calls.mjs";
import { serve } from "./measure-calls.mjs";

/**
 * @typedef {object} Double
 * @property {any} binding the addon
 * @property {readonly string[]} exchanges its functions that ask the operating system something
 * @property {(binding: any) => any} createBroker
 * @property {Readonly<Record<string, unknown>>} usual what the platform's token requests have
 * @property {(call?: string) => void} play with a name: the canned answers of this call; without: the tenant answers
 */

// A sign-out is followed by a sign-in: a broker may know who has signed out.
const rehearsed = /** @type {const} */ (["probe", "accounts", "silent", "signOut", "interactive"]);

/**
 * Serves one side over a double, as `argv` says: `ours` or `floor`.
 * @param {Double} double
 */
export async function serveOver({ binding, exchanges, createBroker, usual, play }) {
  const [side] = process.argv.slice(2);
  const recorded = recorder(binding, exchanges);
  const broker = createBroker(side === "floor" ? recorded.binding : binding);
  const calls = callsOf(broker, usual);
  /** @type {Record<string, readonly import("./bare-binding.mjs").Step[]>} */
  const steps = {};
  for (const name of rehearsed) {
    play();
    // Where no broker is there, nothing but the probe can be asked.
    if (name === "accounts" && !(await broker.probe()).available) break;
    await calls[name]();
    recorded.take();
    play(name);
    await calls[name]();
    steps[name] = recorded.take();
  }

  let playing = "";
  /** @type {Record<string, () => Promise<unknown>>} */
  const served = {};
  for (const name of rehearsed) {
    const asked = steps[name] ?? [];
    const call = side === "floor" ? () => replay(binding, asked) : calls[name];
    served[name] = () => {
      if (playing !== name) play(name);
      playing = name;
      return call();
    };
  }
  const others = othersOf(broker);
  serve(served, {
    ...others,
    cached: (task) => {
      play();
      playing = "";
      return others.cached(task);
    },
    count: () => {
      play("accounts");
      playing = "accounts";
      return others.count();
    },
  });
}
