/**
 * Which rows of a long list are in the page: those in sight, and some above and below. Browsers know no boxes of more than
 * some ten million pixels: a list that would be taller moves as the viewer scrolls by small steps, and is scrolled
 * faster than its rows are tall by large ones.
 */

/** Rows above and below those in sight. */
const BEYOND = 8;
/** Pixels that no browser finds too many. */
export const TALLEST = 10_000_000;
/** Where a list is not laid out, as tests have it: pixels that are seen of it. */
const UNSEEN = 480;
/** Of what is seen: how far one turn of a wheel or one key scrolls at most. */
const STEP = 2;

/** How tall the rows of a list are. */
export interface RowHeights {
  readonly count: number;
  /** Pixels of all rows. */
  readonly total: number;
  /** Pixels above a row; of all rows for the place behind the last. */
  top(row: number): number;
  /** The row that is so many pixels below the beginning. */
  at(pixel: number): number;
}

/** Rows that are all of one height. */
export function evenRows(count: number, height: number): RowHeights {
  return { count, total: count * height, top: (row) => row * height, at: (pixel) => Math.floor(pixel / height) };
}

export interface RowsInSight {
  readonly first: number;
  /** Behind the last one. */
  readonly end: number;
  /** Pixels above the first, and below the last, so that the rows stand where the viewer has scrolled to. */
  readonly above: number;
  readonly below: number;
}

/** Follows how a list is scrolled. */
export class RowScroll {
  /** Pixels between the beginning of the list, in its true height, and what is seen. */
  private position = 0;
  private scrolled = 0;
  private tall = 0;

  /** The rows in sight where the viewer has scrolled so far, `seen` pixels of the list being seen. */
  inSight(rows: RowHeights, scrollTop: number, seen: number): RowsInSight {
    this.tall = Math.min(rows.total, TALLEST);
    const room = Math.max(0, this.tall - seen);
    const top = Math.max(0, Math.min(scrollTop, room));
    this.position = this.positionAt(rows, top, room, seen);
    this.scrolled = top;
    const least = rows.at(Math.max(0, this.position - top)); // there is no more room above than so much
    const first = Math.max(0, Math.min(Math.max(least, rows.at(this.position) - BEYOND), rows.count - 1));
    const end = Math.min(rows.count, rows.at(this.position + seen) + 1 + BEYOND);
    const above = Math.max(0, top - (this.position - rows.top(first)));
    return { first, end, above, below: Math.max(0, this.tall - above - (rows.top(end) - rows.top(first))) };
  }

  /** How far the list has to be scrolled for a pixel of it to be the first that is seen. */
  scrollTo(rows: RowHeights, pixel: number, seen: number): number {
    const far = Math.max(0, rows.total - seen);
    this.tall = Math.min(rows.total, TALLEST);
    this.position = Math.max(0, Math.min(pixel, far));
    this.scrolled = rows.total <= TALLEST ? this.position : (this.position / Math.max(1, far)) * (this.tall - seen);
    return this.scrolled;
  }

  /** The pixel of the list, in its true height, that was seen first. */
  get pixel(): number {
    return this.position;
  }

  private positionAt(rows: RowHeights, top: number, room: number, seen: number): number {
    const far = Math.max(0, rows.total - seen);
    if (rows.total <= TALLEST) return top;
    if (top <= 0) return 0;
    if (top >= room - 1) return far;
    const moved = top - this.scrolled;
    if (Math.abs(moved) <= STEP * seen) return Math.max(0, Math.min(far, this.position + moved));
    return (top / room) * far;
  }
}

/** A list that scrolls by itself, with room for the rows that are not in the page above and below those that are. */
export class VirtualRows {
  private readonly scroll = new RowScroll();

  constructor(
    private readonly scroller: HTMLElement,
    private readonly above: HTMLElement,
    private readonly below: HTMLElement,
  ) {}

  get seen(): number {
    return this.scroller.clientHeight || UNSEEN;
  }

  /** Make room for the rows that are not in sight; returns those that are to be in the page. */
  place(rows: RowHeights): RowsInSight {
    const sight = this.scroll.inSight(rows, this.scroller.scrollTop, this.seen);
    this.room(sight);
    return sight;
  }

  /** The same with the last rows in sight: `scrollTop` is to follow once they are in the page. */
  placeEnd(rows: RowHeights): RowsInSight {
    const sight = this.scroll.inSight(rows, this.scroll.scrollTo(rows, rows.total, this.seen), this.seen);
    this.room(sight);
    return sight;
  }

  /** Bring a row into sight, if it is not there. */
  show(rows: RowHeights, row: number): void {
    const [top, bottom, { seen }] = [rows.top(row), rows.top(row + 1), this];
    if (top >= this.scroll.pixel && bottom <= this.scroll.pixel + seen) return;
    const middle = Math.abs(top - this.scroll.pixel) > STEP * seen;
    this.bring(rows, middle ? top - seen / 2 : top < this.scroll.pixel ? top : bottom - seen);
  }

  /** The pixel of the list, in its true height, that is seen first. */
  get pixel(): number {
    return this.scroll.pixel;
  }

  /** Scroll to a pixel of the list. */
  bring(rows: RowHeights, pixel: number): void {
    const top = this.scroll.scrollTo(rows, pixel, this.seen);
    this.room(this.scroll.inSight(rows, top, this.seen)); // or there would be nowhere to scroll to
    this.scroller.scrollTop = top;
  }

  private room({ above, below }: RowsInSight): void {
    spaced(this.above, above);
    spaced(this.below, below);
  }
}

function spaced(node: HTMLElement, height: number): void {
  const words = `${height}px`;
  if (node.style.height !== words) node.style.height = words;
}
