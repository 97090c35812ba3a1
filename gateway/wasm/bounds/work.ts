/**
 * Gives a module a budget of work, so that an endless loop ends where it began: in its filter. Neither workerd nor Envoy
 * stops a callback that never returns, and until it does nothing else runs in that isolate.
 *
 * Every round of a loop and every entry of a function that calls others costs one from a counter, a mutable global that the
 * host sets before each callback; filling and copying memory costs by size. Below zero the module traps. Nothing else of it changes.
 */
import { leb, type Section, sections, signedLeb, unsigned, Writer } from './binary.ts';
import { afterInstruction, FIRST_CALL, LAST_CALL, LOOP, PREFIX_MISC } from './opcodes.ts';

/** Exports: the counter, and a function that sets it, because setting a global from outside costs ten times a call. */
export const WORK_LEFT = 'bowsprit_work_left';
export const GIVE_WORK = 'bowsprit_give_work';
/** Of one callback: rounds and calls. Half a second to a second of a tight loop; a body of 1 MiB may take 256 a byte. */
export const CALLBACK_WORK = 2 ** 28;
/** Of the module's own start, which for Go's runtime is long. */
const START_WORK = 2 ** 30;

const TYPE = 1;
const IMPORT = 2;
const FUNCTION = 3;
const GLOBAL = 6;
const EXPORT = 7;
const CODE = 10;
const FUNCTION_TYPE = 0x60;
const I32 = 0x7f;
/** memory.init, memory.copy, memory.fill: 64 bytes cost one. */
const BULK = new Set([8, 10, 11]);
const BULK_SHIFT = 6;

/** Thrown for a module that has what this does not read; it runs without a budget then. */
class NotUnderstood extends Error {}

/** The module itself when it is none that this understands: 64-bit memories, garbage collection. */
export function limitWork(module: Uint8Array): Uint8Array {
  try {
    return new Rewriter(module).rewritten();
  } catch (error) {
    if (error instanceof NotUnderstood) return module;
    throw error;
  }
}

class Rewriter {
  readonly #module: Uint8Array;
  readonly #sections: Map<number, Section>;
  readonly #parameters: number[];
  readonly #types: number[];
  /** The counter's index among the globals. */
  readonly #work: number;
  /** What is added to sections, by id. */
  readonly #appendix: Readonly<Record<number, number[][]>>;

  constructor(module: Uint8Array) {
    this.#module = module;
    this.#sections = new Map([...sections(module)].filter(({ id }) => id !== 0).map((one) => [one.id, one]));
    if (!this.#sections.has(CODE) || !this.#sections.has(EXPORT)) throw new NotUnderstood();
    this.#parameters = this.#vector(TYPE, (at) => this.#functionType(at));
    this.#types = this.#vector(FUNCTION, (at) => unsigned(module, at));
    const imported = this.#vector(IMPORT, (at) => this.#importedFunction(at));
    this.#work = this.#count(GLOBAL);
    const give = imported.length + this.#types.length;
    this.#appendix = {
      [TYPE]: [[FUNCTION_TYPE, 1, I32, 0]],
      [FUNCTION]: [leb(this.#parameters.length)],
      [EXPORT]: [
        [...text(WORK_LEFT), 3, ...leb(this.#work)],
        [...text(GIVE_WORK), 0, ...leb(give)],
      ],
    };
  }

  rewritten(): Uint8Array {
    const written = new Writer(this.#module.length * 2);
    written.copy(this.#module, 0, 8);
    let hasGlobals = false;
    for (const { id, start, end } of sections(this.#module)) {
      // Sections stand in the order of their ids up to here, save for those without one and tags (13).
      if (id >= GLOBAL && id <= CODE && !hasGlobals) {
        hasGlobals = true;
        this.#appended(written, GLOBAL, [[I32, 1, 0x41, ...signedLeb(START_WORK), 0x0b]]);
        if (id === GLOBAL) continue;
      }
      const ours = this.#appendix[id];
      if (id === CODE) this.#code(written);
      else if (ours) this.#appended(written, id, ours);
      else written.copy(this.#module, start, end);
    }
    return written.written;
  }

  /** A section that is a vector, with more items. */
  #appended(written: Writer, id: number, items: number[][]): void {
    const section = this.#sections.get(id);
    const [count, first] = section ? unsigned(this.#module, section.body) : [0, 0];
    const content = new Writer((section ? section.end - section.body : 0) + 96);
    content.put(...leb(count + items.length));
    if (section) content.copy(this.#module, first, section.end);
    for (const item of items) content.put(...item);
    written.put(id);
    written.sized(content.written);
  }

  #code(written: Writer): void {
    const { body, end } = this.#sections.get(CODE)!;
    const content = new Writer(2 * (end - body));
    let [count, at] = unsigned(this.#module, body);
    content.put(...leb(count + 1));
    for (let index = 0; index < count; index++) {
      const [size, first] = unsigned(this.#module, at);
      at = first + size;
      content.sized(this.#function(first, at, this.#parameters[this.#types[index] ?? -1] ?? 0));
    }
    // (func (param i32) local.get 0, global.set)
    const give = [0, 0x20, 0, 0x24, ...leb(this.#work), 0x0b];
    content.put(give.length, ...give);
    written.put(CODE);
    written.sized(content.written);
  }

  #function(start: number, end: number, parameters: number): Uint8Array {
    const module = this.#module;
    let [groups, at] = unsigned(module, start);
    const firstGroup = at;
    let locals = parameters;
    for (let i = 0; i < groups; i++) {
      const [count, type] = unsigned(module, at);
      locals += count;
      at = valueTypeEnd(module, type);
    }
    const instructions = new Writer(2 * (end - start));
    const calls = this.#instructions(instructions, at, end, locals);
    const written = new Writer(instructions.written.length + (at - start) + 32);
    // One more local, for the size of what is filled or copied.
    written.put(...leb(++groups));
    written.copy(module, firstGroup, at);
    written.put(1, I32);
    // What calls nothing cannot call itself: its loops are enough.
    if (calls) written.put(...this.#spend([0x41, 1]));
    written.copy(instructions.written);
    return written.written;
  }

  /** Whether they call a function. */
  #instructions(written: Writer, start: number, end: number, local: number): boolean {
    const module = this.#module;
    let copied = start;
    let calls = false;
    for (let at = start; at < end; ) {
      const next = afterInstruction(module, at);
      if (next === undefined || next > end) throw new NotUnderstood();
      const opcode = module[at] ?? 0;
      calls ||= opcode >= FIRST_CALL && opcode <= LAST_CALL;
      const isBulk = opcode === PREFIX_MISC && BULK.has(unsigned(module, at + 1)[0]);
      if (isBulk || opcode === LOOP) {
        const upTo = isBulk ? at : next;
        written.copy(module, copied, upTo);
        copied = upTo;
        // local.tee; local.get, i32.const, i32.shr_u
        if (isBulk) written.put(0x22, ...leb(local), ...this.#spend([0x20, ...leb(local), 0x41, BULK_SHIFT, 0x76]));
        else written.put(...this.#spend([0x41, 1]));
      }
      at = next;
    }
    written.copy(module, copied, end);
    return calls;
  }

  /** Takes `cost` (code that leaves an i32) from the counter and traps below zero; the stack stays as it is. */
  #spend(cost: number[]): number[] {
    const work = leb(this.#work);
    // global.get, cost, i32.sub, global.set; global.get, 0, i32.lt_s, if, unreachable, end
    return [0x23, ...work, ...cost, 0x6b, 0x24, ...work, 0x23, ...work, 0x41, 0, 0x48, 0x04, 0x40, 0x00, 0x0b];
  }

  #functionType(at: number): [parameters: number, end: number] {
    if (this.#module[at] !== FUNCTION_TYPE) throw new NotUnderstood();
    const [parameters, first] = unsigned(this.#module, at + 1);
    let end = first;
    for (let i = 0; i < parameters; i++) end = valueTypeEnd(this.#module, end);
    const [results, afterCount] = unsigned(this.#module, end);
    end = afterCount;
    for (let i = 0; i < results; i++) end = valueTypeEnd(this.#module, end);
    return [parameters, end];
  }

  /** Functions are what a filter imports; whatever else it may be, the host refuses the module for it. */
  #importedFunction(at: number): [kind: number, end: number] {
    const [moduleSize, afterModule] = unsigned(this.#module, at);
    const [nameSize, afterName] = unsigned(this.#module, afterModule + moduleSize);
    const kind = afterName + nameSize;
    if (this.#module[kind] !== 0) throw new NotUnderstood();
    return [0, unsigned(this.#module, kind + 1)[1]];
  }

  #count(id: number): number {
    const section = this.#sections.get(id);
    return section ? unsigned(this.#module, section.body)[0] : 0;
  }

  #vector(id: number, item: (at: number) => [value: number, end: number]): number[] {
    const section = this.#sections.get(id);
    if (!section) return [];
    let [count, at] = unsigned(this.#module, section.body);
    const values: number[] = [];
    for (; count > 0; count--) {
      const [value, end] = item(at);
      values.push(value);
      at = end;
    }
    return values;
  }
}

/** A number type is one byte; a typed reference has its heap type behind it. */
function valueTypeEnd(module: Uint8Array, at: number): number {
  const type = module[at] ?? 0;
  if (type < 0x65) throw new NotUnderstood();
  return at + 1;
}

function text(name: string): number[] {
  const bytes = [...new TextEncoder().encode(name)];
  return [...leb(bytes.length), ...bytes];
}
