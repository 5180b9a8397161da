import { createHash } from "node:crypto";

/** A type of the Windows metadata, as the dump tells it. */
export interface MetadataType {
  readonly fullName: string;
  /** Absent for classes and enumerations. */
  readonly iid?: string;
  readonly methods: readonly MetadataMethod[];
  /** Of a class. */
  readonly defaultInterface?: string;
  readonly isEnum: boolean;
}

export interface MetadataMethod {
  readonly slot: number;
  readonly name: string;
  /** Types, in the metadata's words. */
  readonly parameters: readonly string[];
  readonly result: string;
}

/** A type and what it is made with: `IMap`2<HSTRING, HSTRING>`. */
export interface TypeUse {
  readonly name: string;
  readonly args: readonly TypeUse[];
}

/** Reads the dump: blocks of a name, an IID, and lines for methods or values. */
export function readMetadata(dump: string): ReadonlyMap<string, MetadataType> {
  const types = new Map<string, MetadataType>();
  for (const block of (dump.split("\n== ")[0] ?? "").split(/\n(?=\S)/)) {
    const [fullName = "", ...lines] = block.split("\n").map((line) => line.trimEnd());
    const text = lines.join("\n");
    const iid = /IID \{([0-9a-f-]{36})\}/.exec(text)?.[1];
    const defaultInterface = /runtimeclass default=([\w.]+)/.exec(text)?.[1];
    types.set(fullName, {
      fullName,
      ...(iid === undefined ? {} : { iid }),
      ...(defaultInterface === undefined || defaultInterface === "None" ? {} : { defaultInterface }),
      methods: lines.flatMap(readMethod),
      isEnum: lines.some((line) => /^\s+\d+ = \w+$/.test(line)),
    });
  }
  return types;
}

function readMethod(line: string): MetadataMethod[] {
  const found = /^\s+\[\s*(\d+)\] (\w+)\((.*)\) -> (.+)$/.exec(line);
  if (found === null) return [];
  const [, slot, name = "", parameters = "", result = ""] = found;
  return [{ slot: Number(slot), name, parameters: splitList(parameters), result }];
}

/** Splits at the commas that are not inside angle brackets. */
export function splitList(list: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let part = "";
  for (const character of list) {
    if (character === "<") depth += 1;
    if (character === ">") depth -= 1;
    if (character === "," && depth === 0) {
      parts.push(part.trim());
      part = "";
    } else {
      part += character;
    }
  }
  return part.trim() === "" ? parts : [...parts, part.trim()];
}

export function readTypeUse(text: string): TypeUse {
  const open = text.indexOf("<");
  if (open === -1) return { name: text.trim(), args: [] };
  return {
    name: text.slice(0, open).trim(),
    args: splitList(text.slice(open + 1, text.lastIndexOf(">"))).map(readTypeUse),
  };
}

/** Namespace of the UUIDs that WinRT makes for generic interfaces. */
const pinterfaceNamespace = Buffer.from("11f47ad57b7342c0abae878b1e16adee", "hex");

/** The id of a generic interface made with types: the UUID version 5 of its signature, as WinRT defines it. */
export function genericId(types: ReadonlyMap<string, MetadataType>, use: TypeUse): string {
  const hash = createHash("sha1").update(pinterfaceNamespace).update(signature(types, use)).digest();
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x50;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  return hash.toString("hex", 0, 16).replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, "$1-$2-$3-$4-$5");
}

function signature(types: ReadonlyMap<string, MetadataType>, use: TypeUse): string {
  if (use.name === "HSTRING") return "string";
  const type = types.get(use.name);
  if (type === undefined) throw new Error(`${use.name} is not in the metadata.`);
  if (use.args.length > 0) {
    return `pinterface({${type.iid}};${use.args.map((arg) => signature(types, arg)).join(";")})`;
  }
  if (type.defaultInterface === undefined) return `{${type.iid}}`;
  return `rc(${type.fullName};{${types.get(type.defaultInterface)?.iid}})`;
}
