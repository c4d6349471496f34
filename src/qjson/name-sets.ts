/**
 * The names of all objects that are open at a time, as hashes: whether one of them came before.
 *
 * Most objects have few names: those of all open ones lie behind one another, and are compared in turn.  One that has
 * many gets tables of its own, each four times as large as the one before, so that no table ever has to be built anew:
 * adding a name takes about as long whatever there is.
 */

const FEW_NAMES = 16;
const FEW_SLOTS_MIN = 4 * FEW_NAMES;
const FIRST_TABLE_SLOTS = 64;
const TABLE_GROWTH = 4;
const FREE = 0;

export class NameSets {
  #few = new Float64Array(FEW_SLOTS_MIN);
  #fewCount = 0;
  /** Of each open object: where its few names begin, and its tables when it has many. */
  readonly #starts: number[] = [];
  readonly #many: (NameTables | undefined)[] = [];
  #tableBytes = 0;

  /** What the tables take. */
  get heldBytes(): number {
    return this.#tableBytes;
  }

  /** An object opens. */
  open(): void {
    this.#starts.push(this.#fewCount);
    this.#many.push(undefined);
  }

  /** The object that opened last closes. */
  close(): void {
    this.#fewCount = this.#starts.pop() ?? 0;
    this.#tableBytes -= this.#many.pop()?.heldBytes ?? 0;
  }

  /** Forgets all, and lets go of the room that deep objects took. */
  clear(): void {
    if (this.#few.length > FEW_SLOTS_MIN) this.#few = new Float64Array(FEW_SLOTS_MIN);
    this.#starts.length = 0;
    this.#many.length = 0;
    this.#fewCount = 0;
    this.#tableBytes = 0;
  }

  /** Adds a name to the innermost object.  Answers whether one with this hash was there. */
  add(hash: number): boolean {
    const depth = this.#starts.length - 1;
    const many = this.#many[depth];
    if (many !== undefined) return this.#addToMany(many, hash);
    const few = this.#few;
    const start = this.#starts[depth] ?? 0;
    for (let at = start; at < this.#fewCount; at++) if (few[at] === hash) return true;
    if (this.#fewCount - start === FEW_NAMES) {
      const tables = new NameTables();
      this.#many[depth] = tables;
      for (let at = start; at < this.#fewCount; at++) this.#addToMany(tables, few[at] as number);
      this.#fewCount = start;
      return this.#addToMany(tables, hash);
    }
    if (this.#fewCount === few.length) {
      this.#few = new Float64Array(2 * few.length);
      this.#few.set(few);
    }
    this.#few[this.#fewCount++] = hash;
    return false;
  }

  #addToMany(tables: NameTables, hash: number): boolean {
    const { heldBytes } = tables;
    const isThere = tables.add(hash);
    this.#tableBytes += tables.heldBytes - heldBytes;
    return isThere;
  }
}

class NameTables {
  readonly #tables: Float64Array[] = [];
  /** The newest table, which takes new names, and how many more. */
  #newest = new Float64Array(0);
  #room = 0;
  heldBytes = 0;

  add(hash: number): boolean {
    for (const table of this.#tables) if (table[slotOf(table, hash)] === hash) return true;
    if (this.#room === 0) {
      this.#newest = new Float64Array(Math.max(FIRST_TABLE_SLOTS, TABLE_GROWTH * this.#newest.length));
      this.#tables.push(this.#newest);
      this.heldBytes += this.#newest.byteLength;
      this.#room = this.#newest.length >> 1;
    }
    this.#newest[slotOf(this.#newest, hash)] = hash;
    this.#room--;
    return false;
  }
}

/** Where `hash` is, or would be. */
function slotOf(table: Float64Array, hash: number): number {
  const mask = table.length - 1;
  let slot = (hash >>> 0) & mask;
  while (table[slot] !== hash && table[slot] !== FREE) slot = (slot + 1) & mask;
  return slot;
}
