/**
 * A log to which lines are appended, in place: what is there is not copied. It leaves what `LogBuffer` in
 * `livedeck/deck/kinds/log.py` leaves.
 */
import type { Block, Log } from "../../protocol/deck.gen";
import type { Applying } from "../kind";

export type Blocks = readonly Block[];

/** Lines of a block that is full, as in `livedeck/deck/kinds/log.py`. */
export const BLOCK = 256;

/** The state of a log that has all blocks of a list which is the document's own. */
const OWN = new WeakMap<Blocks, Log>();

export const applying: Applying<Log> = {
  extend(before, more) {
    const held = before.blocks ?? [];
    const blocks = OWN.get(held) === before ? (held as Block[]) : [...held];
    const left = cut(blocks, more.replaced ?? 0);
    for (const block of more.blocks ?? []) take(blocks, block);
    const after: { -readonly [F in keyof Log]: Log[F] } = { ...before, blocks };
    const first = (before.first ?? 0) - left;
    const replaced = (before.replaced ?? 0) + left;
    const names = { ...before.names, ...more.names };
    delete after.first;
    delete after.replaced;
    delete after.names;
    if (first !== 0) after.first = first;
    if (replaced !== 0) after.replaced = replaced;
    if (Object.keys(names).length > 0) after.names = names;
    if (blocks.length === 0) delete after.blocks;
    OWN.set(blocks, after);
    return after;
  },
  own(log) {
    if (log.blocks) OWN.set(log.blocks, log);
  },
  keep({ blocks }) {
    if (blocks) OWN.delete(blocks);
  },
};

/** Let go of the last lines; returns how many more there should have been. */
function cut(blocks: Block[], lines: number): number {
  let left = lines;
  while (left > 0) {
    const last = blocks.pop();
    if (!last) break;
    const kept = Math.max(0, last.levels.length - left);
    left -= last.levels.length - kept;
    if (kept > 0) blocks.push(parted(last, kept)[0]);
  }
  return left;
}

/** Put lines behind the others: into the last block until it is full, then into further ones. */
function take(blocks: Block[], more: Block): void {
  let rest = more;
  while (rest.levels.length > 0) {
    const last = blocks.at(-1);
    const open = last !== undefined && last.levels.length < BLOCK;
    const room = open ? BLOCK - last.levels.length : BLOCK;
    const [head, behind] = rest.levels.length > room ? parted(rest, room) : [rest, NOTHING];
    if (open) blocks[blocks.length - 1] = joined(last, head);
    else blocks.push(head);
    rest = behind;
  }
}

const NOTHING: Block = { text: "", levels: [], times: [] };

function joined(block: Block, more: Block): Block {
  const [first = 0, ...others] = more.times;
  return {
    text: block.text + more.text,
    levels: [...block.levels, ...more.levels],
    times: [...block.times, first - sum(block.times), ...others],
  };
}

/** The first lines of a block, and the others. */
function parted({ text, levels, times }: Block, lines: number): readonly [Block, Block] {
  let end = 0;
  for (let line = 0; line < lines; line++) end = text.indexOf("\n", end) + 1;
  return [
    { text: text.slice(0, end), levels: levels.slice(0, lines), times: times.slice(0, lines) },
    { text: text.slice(end), levels: levels.slice(lines), times: [sum(times.slice(0, lines + 1)), ...times.slice(lines + 1)] },
  ];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
