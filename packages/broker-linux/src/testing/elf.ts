import { readFileSync } from "node:fs";

/** What a test wants to know about a shared object. Read here, so that no binutils are needed. */
export interface ElfFacts {
  /** Names of the libraries it asks for (`DT_NEEDED`). */
  readonly needed: readonly string[];
  /** Whether every symbol is bound when it is loaded, so that the relocated part can be made read-only. */
  readonly bindsNow: boolean;
  readonly hasRelro: boolean;
  readonly hasExecutableStack: boolean;
  /** Dynamic symbols it needs from elsewhere, without weak ones. */
  readonly undefinedSymbols: readonly string[];
  /** Dynamic symbols it offers. */
  readonly definedSymbols: readonly string[];
  /** The version each of them belongs to, e.g. `LIBSYSTEMD_221`, where it has one. */
  readonly symbolVersions: ReadonlyMap<string, string>;
  /** Symbol versions it needs, e.g. `GLIBC_2.34`. */
  readonly versions: readonly string[];
  readonly hasSymbolTable: boolean;
}

const segment = { gnuStack: 0x6474e551, gnuRelro: 0x6474e552 } as const;
const section = {
  symbolTable: 2,
  dynamic: 6,
  dynamicSymbols: 11,
  versionDefinitions: 0x6ffffffd,
  versionNeeds: 0x6ffffffe,
  versionOfSymbols: 0x6fffffff,
} as const;
const dynamicTag = { needed: 1, flags: 30, flags1: 0x6ffffffb } as const;

/** Reads a 64-bit little-endian ELF file (x86-64, AArch64). */
export function readElf(path: string): ElfFacts {
  const file = readFileSync(path);
  if (file.toString("latin1", 0, 6) !== "\x7fELF\x02\x01")
    throw new Error("Not a 64-bit little-endian ELF file");
  const u64 = (at: number) => Number(file.readBigUInt64LE(at));
  const table = (offset: number, size: number, count: number) =>
    Array.from({ length: count }, (_, index) => offset + index * size);
  const text = (at: number) => file.toString("utf8", at, file.indexOf(0, at));

  const segments = table(u64(32), file.readUInt16LE(54), file.readUInt16LE(56)).map((at) => ({
    type: file.readUInt32LE(at),
    flags: file.readUInt32LE(at + 4),
  }));
  const sections = table(u64(40), file.readUInt16LE(58), file.readUInt16LE(60)).map((at) => ({
    type: file.readUInt32LE(at + 4),
    offset: u64(at + 24),
    size: u64(at + 32),
    link: file.readUInt32LE(at + 40),
  }));
  const find = (type: number) => sections.find((candidate) => candidate.type === type);
  const strings = (link: number) => sections[link]?.offset ?? 0;

  const dynamic = find(section.dynamic);
  const symbols = find(section.dynamicSymbols);
  const needs = find(section.versionNeeds);
  if (!dynamic || !symbols) throw new Error("Not a shared object");

  const entries = table(dynamic.offset, 16, dynamic.size / 16).map((at) => ({
    tag: u64(at),
    value: u64(at + 8),
  }));
  const flag = (tag: number, bit: number) =>
    entries.some((entry) => entry.tag === tag && (entry.value & bit) !== 0);

  const named = table(symbols.offset, 24, symbols.size / 24)
    .slice(1)
    .map((at) => ({
      name: text(strings(symbols.link) + file.readUInt32LE(at)),
      isWeak: file.readUInt8(at + 4) >> 4 === 2,
      isDefined: file.readUInt16LE(at + 6) !== 0,
    }));

  const versions: string[] = [];
  for (let at = needs?.offset ?? 0, more = needs !== undefined; needs && more; ) {
    let version = at + file.readUInt32LE(at + 8);
    for (let left = file.readUInt16LE(at + 2); left > 0; left -= 1) {
      versions.push(text(strings(needs.link) + file.readUInt32LE(version + 8)));
      version += file.readUInt32LE(version + 12);
    }
    const step = file.readUInt32LE(at + 12);
    more = step !== 0;
    at += step;
  }

  const definitions = find(section.versionDefinitions);
  const versionNames = new Map<number, string>();
  for (let at = definitions?.offset ?? 0, more = definitions !== undefined; definitions && more; ) {
    const auxiliary = at + file.readUInt32LE(at + 12);
    versionNames.set(
      file.readUInt16LE(at + 4),
      text(strings(definitions.link) + file.readUInt32LE(auxiliary)),
    );
    const step = file.readUInt32LE(at + 16);
    more = step !== 0;
    at += step;
  }
  const versionOfSymbols = find(section.versionOfSymbols);
  const symbolVersions = new Map<string, string>();
  for (const [index, symbol] of named.entries()) {
    if (!symbol.isDefined || versionOfSymbols === undefined) continue;
    // The first symbol is none, and not in the list. The highest bit says that the version is not the default.
    const number = file.readUInt16LE(versionOfSymbols.offset + 2 * (index + 1)) & 0x7fff;
    const version = versionNames.get(number);
    if (version !== undefined) symbolVersions.set(symbol.name, version);
  }

  const stack = segments.find((entry) => entry.type === segment.gnuStack);
  return {
    needed: entries
      .filter((entry) => entry.tag === dynamicTag.needed)
      .map((entry) => text(strings(dynamic.link) + entry.value)),
    bindsNow: flag(dynamicTag.flags, 8) || flag(dynamicTag.flags1, 1),
    hasRelro: segments.some((entry) => entry.type === segment.gnuRelro),
    // No such segment means: as the platform likes, which is executable on some.
    hasExecutableStack: stack === undefined || (stack.flags & 1) !== 0,
    undefinedSymbols: named.filter((entry) => !entry.isDefined && !entry.isWeak).map((entry) => entry.name),
    definedSymbols: named.filter((entry) => entry.isDefined).map((entry) => entry.name),
    symbolVersions,
    versions,
    hasSymbolTable: find(section.symbolTable) !== undefined,
  };
}
