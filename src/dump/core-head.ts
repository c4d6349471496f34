/**
 * The head of a core file: all that comes before the memory.
 *
 *     | ELF header | program headers | section header | notes | memory ............ |
 *                                      only where there are 65535 program headers or more
 *
 * The file is one of a 32-bit i386, as its registers are: gdb opens no other for that processor.  PT_NOTE has the
 * registers twice: as a process's (NT_PRSTATUS), which gdb shows, and as QEMU's own note, with segments and control
 * registers.  Each PT_LOAD is a run of memory: where it is seen, where it lies, where it is in the file.
 *
 * Sources: System V ABI, ELF-32; Linux, `struct elf_prstatus` of i386; QEMU, the note `QEMU` of its dumps.
 */

export interface CoreSegmentRegister {
  readonly selector: number;
  readonly base: number;
  readonly limit: number;
  readonly flags: number;
}

export interface CoreTableRegister {
  readonly base: number;
  readonly limit: number;
}

/** All values are unsigned and have 32 bits. */
export interface CoreRegisters {
  readonly eax: number;
  readonly ebx: number;
  readonly ecx: number;
  readonly edx: number;
  readonly esi: number;
  readonly edi: number;
  readonly ebp: number;
  readonly esp: number;
  readonly eip: number;
  readonly eflags: number;
  readonly es: CoreSegmentRegister;
  readonly cs: CoreSegmentRegister;
  readonly ss: CoreSegmentRegister;
  readonly ds: CoreSegmentRegister;
  readonly fs: CoreSegmentRegister;
  readonly gs: CoreSegmentRegister;
  readonly ldt: CoreSegmentRegister;
  readonly tr: CoreSegmentRegister;
  readonly gdt: CoreTableRegister;
  readonly idt: CoreTableRegister;
  readonly cr0: number;
  readonly cr2: number;
  readonly cr3: number;
  readonly cr4: number;
}

export interface CoreContent {
  readonly registers: CoreRegisters;
  /** Of physical memory, in the order in which they follow the head. */
  readonly ranges: readonly { readonly address: number; readonly length: number }[];
  /** Virtual address, physical address, length, and again; undefined: memory is seen where it lies. */
  readonly mappings: Float64Array | undefined;
}

const FILE_HEADER_BYTES = 52;
const PROGRAM_HEADER_BYTES = 32;
const SECTION_HEADER_BYTES = 40;
/** From here on the number of program headers stands in a section header. */
const PROGRAM_HEADERS_COUNTED_MAX = 0xffff;

const ET_CORE = 4;
const EM_386 = 3;
const EV_CURRENT = 1;
const PT_LOAD = 1;
const PT_NOTE = 4;
const NT_PRSTATUS = 1;
const NOTE_HEADER_BYTES = 12;
const NOTE_ALIGNMENT_BYTES = 4;

const PRSTATUS_BYTES = 144;
const PRSTATUS_PID = 24;
const PRSTATUS_REGISTERS = 72;
/** Core files count threads from 1. */
const FIRST_THREAD = 1;
const QEMU_NOTE_TYPE = 0;
const QEMU_NOTE_VERSION = 1;
const QEMU_NOTE_BYTES = 440;

/** Told of each run of memory in the file; `offset` is that of its bytes among all memory in the file. */
type LoadVisitor = (virtual: number, physical: number, length: number, offset: number) => void;

/** Makes the head.  The memory of `ranges` is to follow it. */
export function encodeCoreHead(content: CoreContent): Uint8Array<ArrayBuffer> {
  let loads = 0;
  visitLoads(content, () => loads++);
  const notes = [
    encodeNote("CORE", NT_PRSTATUS, encodeStatus(content.registers)),
    encodeNote("QEMU", QEMU_NOTE_TYPE, encodeQemuNote(content.registers)),
  ];
  const headers = 1 + loads;
  const hasSection = headers >= PROGRAM_HEADERS_COUNTED_MAX;
  const sectionOffset = FILE_HEADER_BYTES + headers * PROGRAM_HEADER_BYTES;
  const notesOffset = sectionOffset + (hasSection ? SECTION_HEADER_BYTES : 0);
  const notesBytes = notes.reduce((sum, { length }) => sum + length, 0);
  const head = new Uint8Array(notesOffset + notesBytes);
  const words = new WordWriter(head);
  writeFileHeader(head, words, headers, hasSection ? sectionOffset : 0);
  words.skipTo(FILE_HEADER_BYTES);
  writeProgramHeader(words, PT_NOTE, notesOffset, 0, 0, notesBytes);
  visitLoads(content, (virtual, physical, length, offset) =>
    writeProgramHeader(words, PT_LOAD, head.length + offset, virtual, physical, length),
  );
  // Of a section header of no section, `sh_info` alone: the eighth word.
  if (hasSection) words.put(0, 0, 0, 0, 0, 0, 0, headers, 0, 0);
  let at = notesOffset;
  for (const note of notes) {
    head.set(note, at);
    at += note.length;
  }
  return head;
}

/** What is mapped to memory that the file has, by rising virtual address.  Kept nowhere: a guest may have a million. */
function visitLoads({ ranges, mappings }: CoreContent, visit: LoadVisitor): void {
  let offset = 0;
  const placed = ranges.map(({ address, length }) => {
    const place = { address, length, offset };
    offset += length;
    return place;
  });
  if (mappings === undefined) {
    for (const place of placed) visit(place.address, place.address, place.length, place.offset);
    return;
  }
  for (let index = 0; index + 2 < mappings.length; index += 3) {
    const virtual = mappings[index] ?? 0;
    const physical = mappings[index + 1] ?? 0;
    const physicalEnd = physical + (mappings[index + 2] ?? 0);
    for (const place of placed) {
      const begin = Math.max(physical, place.address);
      const end = Math.min(physicalEnd, place.address + place.length);
      if (begin < end)
        visit(virtual + begin - physical, begin, end - begin, place.offset + begin - place.address);
    }
  }
}

function writeFileHeader(head: Uint8Array, words: WordWriter, headers: number, sectionOffset: number): void {
  const hasSection = sectionOffset !== 0;
  // Magic, 32 bits, little endian, version 1.
  head.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, EV_CURRENT]);
  words.skipTo(16);
  words.put(ET_CORE | (EM_386 << 16), EV_CURRENT, 0, FILE_HEADER_BYTES, sectionOffset, 0);
  words.put(FILE_HEADER_BYTES | (PROGRAM_HEADER_BYTES << 16));
  words.put(Math.min(headers, PROGRAM_HEADERS_COUNTED_MAX) | ((hasSection ? SECTION_HEADER_BYTES : 0) << 16));
  words.put(hasSection ? 1 : 0);
}

function writeProgramHeader(
  words: WordWriter,
  type: number,
  offset: number,
  virtual: number,
  physical: number,
  length: number,
): void {
  words.put(type, offset, virtual, physical, length, length, 0, 0);
}

function encodeNote(name: string, type: number, content: Uint8Array): Uint8Array {
  const nameBytes = new TextEncoder().encode(`${name}\0`);
  const contentAt = alignUp(NOTE_HEADER_BYTES + nameBytes.length);
  const note = new Uint8Array(alignUp(contentAt + content.length));
  new WordWriter(note).put(nameBytes.length, content.length, type);
  note.set(nameBytes, NOTE_HEADER_BYTES);
  note.set(content, contentAt);
  return note;
}

function alignUp(bytes: number): number {
  return Math.ceil(bytes / NOTE_ALIGNMENT_BYTES) * NOTE_ALIGNMENT_BYTES;
}

/** A thread as Linux describes it: its number, and its registers in the order of `struct user_regs_struct`. */
function encodeStatus(r: CoreRegisters): Uint8Array {
  const status = new Uint8Array(PRSTATUS_BYTES);
  const words = new WordWriter(status);
  words.skipTo(PRSTATUS_PID);
  words.put(FIRST_THREAD);
  words.skipTo(PRSTATUS_REGISTERS);
  words.put(r.ebx, r.ecx, r.edx, r.esi, r.edi, r.ebp, r.eax);
  words.put(r.ds.selector, r.es.selector, r.fs.selector, r.gs.selector);
  words.put(0, r.eip, r.cs.selector, r.eflags, r.esp, r.ss.selector);
  return status;
}

/** QEMU's `QEMUCPUState`, made for 64 bits: numbers of 64 bits, R8 to R15 and `kernel_gs_base` are zero. */
function encodeQemuNote(r: CoreRegisters): Uint8Array {
  const note = new Uint8Array(QEMU_NOTE_BYTES);
  const words = new WordWriter(note);
  const putLong = (...values: readonly number[]): void => {
    for (const value of values) words.put(value, 0);
  };
  const putSegment = ({ selector, limit, flags, base }: CoreSegmentRegister): void => {
    words.put(selector, limit, flags, 0);
    putLong(base);
  };
  words.put(QEMU_NOTE_VERSION, QEMU_NOTE_BYTES);
  putLong(r.eax, r.ebx, r.ecx, r.edx, r.esi, r.edi, r.esp, r.ebp);
  putLong(0, 0, 0, 0, 0, 0, 0, 0, r.eip, r.eflags);
  for (const segment of [r.cs, r.ds, r.es, r.fs, r.gs, r.ss, r.ldt, r.tr]) putSegment(segment);
  for (const table of [r.gdt, r.idt]) putSegment({ ...table, selector: 0, flags: 0 });
  putLong(r.cr0, 0, r.cr2, r.cr3, r.cr4, 0);
  return note;
}

/** Words of 32 bits, one after the other, the lowest byte first. */
class WordWriter {
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  skipTo(at: number): void {
    this.#at = at;
  }

  put(...values: readonly number[]): void {
    for (const value of values) {
      this.#view.setUint32(this.#at, value, true);
      this.#at += 4;
    }
  }
}
