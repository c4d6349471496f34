/** A core file of 32 bits, read for tests as the ELF specification has it. */

export interface CoreLoad {
  readonly virtual: number;
  readonly physical: number;
  readonly bytes: Buffer;
}

export interface CoreNote {
  readonly name: string;
  readonly type: number;
  readonly bytes: Buffer;
}

export interface Core {
  readonly loads: readonly CoreLoad[];
  readonly notes: readonly CoreNote[];
}

const PT_LOAD = 1;
const PT_NOTE = 4;
/** The number of program headers stands in the first section header. */
const PN_XNUM = 0xffff;

/** Throws for a file that is no whole core of an i386. */
export function readCore(file: Buffer): Core {
  if (file.toString("latin1", 0, 7) !== "\x7fELF\x01\x01\x01") throw new Error("no ELF file of 32 bits");
  if (file.readUInt16LE(16) !== 4 || file.readUInt16LE(18) !== 3) throw new Error("no core of an i386");
  const headersAt = file.readUInt32LE(28);
  const headerBytes = file.readUInt16LE(42);
  const counted = file.readUInt16LE(44);
  const count = counted === PN_XNUM ? file.readUInt32LE(file.readUInt32LE(32) + 28) : counted;
  const loads: CoreLoad[] = [];
  const notes: CoreNote[] = [];
  for (let index = 0; index < count; index++) {
    const at = headersAt + index * headerBytes;
    const [type = 0, offset = 0, virtual = 0, physical = 0, bytesInFile = 0, bytesInMemory = 0] = [
      0, 4, 8, 12, 16, 20,
    ].map((field) => file.readUInt32LE(at + field));
    if (bytesInFile !== bytesInMemory || offset + bytesInFile > file.length) throw new Error("not whole");
    const bytes = file.subarray(offset, offset + bytesInFile);
    if (type === PT_LOAD) loads.push({ virtual, physical, bytes });
    if (type === PT_NOTE) notes.push(...readNotes(bytes));
  }
  return { loads, notes };
}

function* readNotes(bytes: Buffer): Generator<CoreNote> {
  for (let at = 0; at < bytes.length; ) {
    const nameBytes = bytes.readUInt32LE(at);
    const contentBytes = bytes.readUInt32LE(at + 4);
    const contentAt = at + 12 + alignUp(nameBytes);
    yield {
      name: bytes.toString("latin1", at + 12, at + 12 + nameBytes - 1),
      type: bytes.readUInt32LE(at + 8),
      bytes: bytes.subarray(contentAt, contentAt + contentBytes),
    };
    at = contentAt + alignUp(contentBytes);
  }
}

function alignUp(bytes: number): number {
  return Math.ceil(bytes / 4) * 4;
}

/** Of the memory that is seen at `address`, `length` bytes; undefined where the core has none. */
export function memoryOfCore({ loads }: Core, address: number, length: number): Buffer | undefined {
  const load = loads.find(
    ({ virtual, bytes }) => address >= virtual && address + length <= virtual + bytes.length,
  );
  return load?.bytes.subarray(address - load.virtual, address - load.virtual + length);
}
