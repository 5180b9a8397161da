import { readFileSync } from "node:fs";

/** What Windows would read of an executable file ("PE"). */
export interface PeFacts {
  readonly machine: number;
  /** Names of what it offers. */
  readonly exports: readonly string[];
  /** Libraries, and what is used of them, that must be there when it is loaded. */
  readonly imports: ReadonlyMap<string, readonly string[]>;
  /**
   * Texts of four and more characters. Names of libraries that are loaded late, and of what is used of them, are among
   * these: mingw-w64's linker does not list them where Windows' own tools look.
   */
  readonly texts: readonly string[];
  /** `DllCharacteristics`. */
  readonly characteristics: number;
  /** Seconds since 1970, or 0. */
  readonly timestamp: number;
  /** Symbols for debuggers inside the file. */
  readonly symbols: number;
  /** Sections that may be written to and run. */
  readonly writableCode: readonly string[];
}

/** Bits of `DllCharacteristics`, as in the PE format's specification. */
export const peCharacteristics = { highEntropyVa: 0x20, dynamicBase: 0x40, nxCompat: 0x100 } as const;

interface Section {
  readonly name: string;
  readonly virtualAddress: number;
  readonly virtualSize: number;
  readonly offset: number;
  readonly characteristics: number;
}

/** Reads a 64-bit PE file. */
export function readPe(path: string): PeFacts {
  const file = readFileSync(path);
  const header = file.readUInt32LE(0x3c);
  if (file.toString("latin1", header, header + 4) !== "PE\0\0") throw new Error(`${path} is no PE file.`);
  const optional = header + 24;
  if (file.readUInt16LE(optional) !== 0x20b) throw new Error(`${path} is not for 64 bits.`);

  const sections = Array.from({ length: file.readUInt16LE(header + 6) }, (_, i): Section => {
    const at = optional + file.readUInt16LE(header + 20) + i * 40;
    return {
      name: file.toString("latin1", at, at + 8).replace(/\0+$/, ""),
      virtualSize: file.readUInt32LE(at + 8),
      virtualAddress: file.readUInt32LE(at + 12),
      offset: file.readUInt32LE(at + 20),
      characteristics: file.readUInt32LE(at + 36),
    };
  });
  const offsetOf = (address: number) => {
    const section = sections.find(
      ({ virtualAddress, virtualSize }) =>
        address >= virtualAddress && address < virtualAddress + virtualSize,
    );
    if (section === undefined) throw new Error(`There is nothing at 0x${address.toString(16)}.`);
    return address - section.virtualAddress + section.offset;
  };
  const text = (address: number) => {
    const start = offsetOf(address);
    return file.toString("latin1", start, file.indexOf(0, start));
  };
  const directory = (index: number) => file.readUInt32LE(optional + 112 + index * 8);

  /** Names in a table of 64-bit entries; one that is an ordinal has its highest bit set. */
  const namesIn = (table: number) => {
    const names: string[] = [];
    for (let at = offsetOf(table); file.readBigUInt64LE(at) !== 0n; at += 8) {
      const entry = file.readBigUInt64LE(at);
      names.push(entry >> 63n === 0n ? text(Number(entry) + 2) : `#${entry & 0xffffn}`);
    }
    return names;
  };
  const imported = () => {
    const all = new Map<string, readonly string[]>();
    // One descriptor for each library, up to one that names none.
    for (let at = offsetOf(directory(1)); file.readUInt32LE(at + 12) !== 0; at += 20) {
      all.set(text(file.readUInt32LE(at + 12)).toLowerCase(), namesIn(file.readUInt32LE(at)));
    }
    return all;
  };
  const exported = () => {
    const table = offsetOf(directory(0));
    const names = offsetOf(file.readUInt32LE(table + 32));
    return Array.from({ length: file.readUInt32LE(table + 24) }, (_, i) =>
      text(file.readUInt32LE(names + i * 4)),
    );
  };

  const isWritable = (characteristics: number) => (characteristics & 0x8000_0000) !== 0;
  const isRun = (characteristics: number) => (characteristics & 0x2000_0000) !== 0;
  return {
    machine: file.readUInt16LE(header + 4),
    exports: exported(),
    imports: imported(),
    texts: file.toString("latin1").match(/[\x20-\x7e]{4,}(?=\0)/g) ?? [],
    characteristics: file.readUInt16LE(optional + 70),
    timestamp: file.readUInt32LE(header + 8),
    symbols: file.readUInt32LE(header + 16),
    writableCode: sections
      .filter(({ characteristics }) => isWritable(characteristics) && isRun(characteristics))
      .map(({ name }) => name),
  };
}
