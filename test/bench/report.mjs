// What comes out: rows as plain data, and the table for people.
import { execFileSync } from "node:child_process";
import { arch, cpus, loadavg, release, totalmem } from "node:os";
import { ratios, summary } from "./statistics.mjs";

/** @typedef {ReturnType<typeof summary>} Summary */
/**
 * @typedef {object} ReportedRow
 * @property {string} group
 * @property {string} name
 * @property {string} unit
 * @property {Summary | null} ours
 * @property {Summary | null} peer
 * @property {Summary | null} floor
 * @property {{ peerToOurs: Summary | null, oursToFloor: Summary | null }} ratios how many times better than the peer,
 *   and how many times worse than the floor, we are; for rows where more is better the other way round, so that
 *   the meaning stays
 */

/**
 * @param {import("./measurements.mjs").Row} row
 * @returns {ReportedRow}
 */
export function reported({ group, name, unit, moreIsBetter = false, sides: { ours, peer, floor } }) {
  const times = (/** @type {number[] | undefined} */ worse, /** @type {number[] | undefined} */ better) =>
    (moreIsBetter ? ratios(better, worse) : ratios(worse, better)) ?? null;
  return {
    group,
    name,
    unit,
    ours: ours ? summary(ours) : null,
    peer: peer ? summary(peer) : null,
    floor: floor ? summary(floor) : null,
    ratios: { peerToOurs: times(peer, ours), oursToFloor: times(ours, floor) },
  };
}

export function describeMachine() {
  const [cpu] = cpus();
  return {
    processor: cpu?.model.trim() ?? "unknown",
    cores: cpus().length,
    memoryInGiB: Math.round(totalmem() / 2 ** 30),
    system: `${osName()}, Linux ${release()}, ${arch()}`,
    node: process.version,
    /** Of the last minute, before the bench began: what else this machine was doing. */
    loadAverage: Number((loadavg()[0] ?? 0).toFixed(1)),
  };
}

function osName() {
  try {
    return execFileSync("sh", ["-c", '. /etc/os-release && printf %s "$PRETTY_NAME"'], { encoding: "utf8" });
  } catch {
    return process.platform;
  }
}

/**
 * The table as text: for a terminal, and with `markdown` for docs/.
 * @param {readonly ReportedRow[]} rows
 * @param {{ markdown?: boolean }} [options]
 */
export function table(rows, { markdown = false } = {}) {
  // A platform without a peer has no columns for it.
  const withPeer = rows.some(({ peer }) => peer !== null);
  const head = withPeer
    ? ["", "unit", "ours", "peer", "floor", "times better than peer", "times the floor"]
    : ["", "unit", "ours", "floor", "times the floor"];
  const lines = rows.map(({ name, unit, ours, peer, floor, ratios: times }) => [
    name,
    unit,
    spread(ours),
    ...(withPeer ? [spread(peer)] : []),
    spread(floor),
    ...(withPeer ? [spread(times.peerToOurs)] : []),
    spread(times.oursToFloor),
  ]);
  const widths = head.map((title, column) =>
    Math.max(title.length, ...lines.map((line) => line[column]?.length ?? 0)),
  );
  const text = (/** @type {readonly string[]} */ line) => {
    const cells = line.map((cell, column) =>
      column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
    );
    return markdown ? `| ${cells.join(" | ")} |` : `  ${cells.join("   ")}`;
  };
  const out = [];
  let group = "";
  if (!markdown) out.push(text(head));
  for (const [index, row] of rows.entries()) {
    if (row.group !== group) {
      group = row.group;
      out.push("", markdown ? `**${group}**\n` : group);
      if (markdown) {
        out.push(text(head));
        out.push(
          `|${widths.map((width, column) => `${"-".repeat(width + 1)}${column < 2 ? "-" : ":"}`).join("|")}|`,
        );
      }
    }
    out.push(text(lines[index] ?? []));
  }
  return out.join("\n");
}

/** A median, and from where to where the rounds went. @param {Summary | null} value */
function spread(value) {
  if (value === null || Number.isNaN(value.median)) return "–";
  const { median, low, high, rounds } = value;
  if (rounds === 1 || (low === median && high === median)) return number(median);
  return `${number(median)} (${number(low)}–${number(high)})`;
}

/** @param {number} value */
function number(value) {
  const size = Math.abs(value);
  if (size >= 1000) return Math.round(value).toLocaleString("en");
  if (size >= 100) return value.toFixed(0);
  if (size >= 10) return value.toFixed(1);
  return value.toFixed(size >= 1 ? 2 : 3);
}
