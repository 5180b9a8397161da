// What the bench has to know about a platform. A platform without a peer is measured against the floor alone.
import { macos, windows } from "./doubled-platforms.mjs";
import { linux } from "./linux-platform.mjs";

/** @typedef {"probe" | "accounts" | "silent" | "interactive" | "signOut"} CallName */
/**
 * @typedef {object} StageOptions
 * @property {number} [accounts] Default 1.
 * @property {boolean} [longLived] whether tokens live for a day and not for a minute, where that makes a difference
 * @property {boolean} [secretService] whether the peer needs one
 * @property {boolean} [broker] Default `true`.
 */
/**
 * @typedef {object} Stage
 * @property {Readonly<Record<string, string>>} env
 * @property {string} folder for whatever is needed while the stage stands
 * @property {() => Promise<import("./subjects/subject-process.mjs").Subject>} startOurs
 * @property {Floor} floor
 * @property {() => Promise<void>} stop
 */
/**
 * @typedef {object} Floor
 * @property {(call: CallName, plan: import("./subjects/subject-process.mjs").Plan) => Promise<import("./subjects/subject-process.mjs").Measured>} measure
 *   makes the very requests that our side made
 * @property {(rounds: number) => Promise<import("./subjects/subject-process.mjs").Measured>} measureAbsent
 * @property {() => Promise<{ totalInMs: number }>} [measureFirstToken]
 */
/**
 * @typedef {object} Platform
 * @property {string} name
 * @property {string} packageName
 * @property {string} floorIs what the floor is, for people
 * @property {string} [warning] what the numbers do not say
 * @property {Peer} [peer]
 * @property {boolean} hasSizes whether what an app installs on this platform is here
 * @property {readonly string[]} floorRequests calls that our side has to make before the floor can make them
 * @property {{ addon: readonly string[], floor: readonly string[] }} loading arguments of load-in-fresh-process.mjs
 * @property {Partial<import("./measurements.mjs").Effort>} less what the full effort is too much for
 * @property {() => Promise<string>} missing why it cannot be measured here; empty if it can
 * @property {() => Promise<void>} prepare builds what the bench needs beyond the workspace's own build
 * @property {(options?: StageOptions) => Promise<Stage>} startStage
 * @property {(file: string, options: { args: readonly string[], env: Readonly<Record<string, string>> }) => Promise<{ code: number | null, stdout: string, stderr: string }>} runNode
 */
/**
 * @typedef {object} Peer
 * @property {string} name
 * @property {string} subject
 * @property {() => string} missing why it cannot run here; empty if it can
 */

/** @type {Readonly<Record<string, Platform>>} */
export const platforms = { linux, macos, windows };
