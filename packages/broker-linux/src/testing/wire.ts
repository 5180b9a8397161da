/** Just enough of D-Bus' wire format, little-endian, to be wrong on purpose. */

/** What is needed of an incoming message to answer it. */
export interface MessageHead {
  readonly serial: number;
  readonly member: string;
  readonly destination: string;
  /** Length of the whole message, body included. */
  readonly length: number;
}

export interface MessageParts {
  readonly replySerial: number;
  readonly sender?: string;
  readonly signature?: string;
  readonly body?: Buffer;
  /** Body length to claim. Default: the real one. */
  readonly claimedBodyLength?: number;
  /** Makes it an error reply. */
  readonly errorName?: string;
}

const fixedLength = 16;
const methodReturn = 2;
const errorReply = 3;
const field = { member: 3, errorName: 4, replySerial: 5, destination: 6, sender: 7, signature: 8 } as const;

/** The head of the first message in `bytes`; `undefined` until all of it has come. */
export function readHead(bytes: Buffer): MessageHead | undefined {
  if (bytes.length < fixedLength) return undefined;
  const bodyLength = bytes.readUInt32LE(4);
  const end = fixedLength + bytes.readUInt32LE(12);
  const length = align(end, 8) + bodyLength;
  if (bytes.length < length) return undefined;
  const texts = new Map<number, string>();
  for (let at = fixedLength; at < end; ) {
    at = align(at, 8);
    const code = bytes.readUInt8(at);
    const type = String.fromCharCode(bytes.readUInt8(at + 2));
    // Behind the code: the type's length, the type, a NUL.
    at += 4;
    if (type === "u") {
      at += 4;
    } else {
      const size = type === "g" ? bytes.readUInt8(at) : bytes.readUInt32LE(at);
      const start = at + (type === "g" ? 1 : 4);
      texts.set(code, bytes.toString("utf8", start, start + size));
      at = start + size + 1;
    }
  }
  return {
    serial: bytes.readUInt32LE(8),
    member: texts.get(field.member) ?? "",
    destination: texts.get(field.destination) ?? "",
    length,
  };
}

/** A reply, as right or wrong as its parts. */
export function writeMessage(parts: MessageParts): Buffer {
  const body = parts.body ?? Buffer.alloc(0);
  const fields: Buffer[] = [];
  const add = (code: number, type: "s" | "g" | "u", value: string | number) => {
    const before = Buffer.concat(fields).length;
    fields.push(Buffer.alloc(align(before, 8) - before), Buffer.from([code, 1, type.charCodeAt(0), 0]));
    if (typeof value === "number") {
      fields.push(uint32(value));
    } else {
      const bytes = Buffer.from(value);
      fields.push(type === "g" ? Buffer.from([bytes.length]) : uint32(bytes.length), bytes, Buffer.alloc(1));
    }
  };
  add(field.replySerial, "u", parts.replySerial);
  if (parts.errorName !== undefined) add(field.errorName, "s", parts.errorName);
  if (parts.sender !== undefined) add(field.sender, "s", parts.sender);
  if (parts.signature !== undefined) add(field.signature, "g", parts.signature);
  const fieldBytes = Buffer.concat(fields);
  const head = Buffer.concat([
    Buffer.from(["l".charCodeAt(0), parts.errorName === undefined ? methodReturn : errorReply, 0, 1]),
    uint32(parts.claimedBodyLength ?? body.length),
    uint32(1),
    uint32(fieldBytes.length),
    fieldBytes,
  ]);
  return Buffer.concat([head, Buffer.alloc(align(head.length, 8) - head.length), body]);
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function align(offset: number, to: number): number {
  return Math.ceil(offset / to) * to;
}
