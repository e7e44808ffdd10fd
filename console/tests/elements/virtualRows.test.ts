import { describe, expect, it } from "vitest";
import { evenRows, RowScroll, TALLEST } from "../../src/elements/virtualRows";

const SEEN = 400;
const few = evenRows(1000, 20);
const many = evenRows(2_000_000, 20);

/** Where a row stands on screen, as a browser lays it out. */
function onScreen(rows: ReturnType<typeof evenRows>, scroll: RowScroll, scrollTop: number): { row: number; offset: number } {
  const { first, above } = scroll.inSight(rows, scrollTop, SEEN);
  const pixels = scrollTop - above;
  return { row: first + Math.floor(pixels / 20), offset: pixels % 20 };
}

describe("RowScroll", () => {
  it("puts the rows in sight and some around them into the page", () => {
    expect(new RowScroll().inSight(few, 0, SEEN)).toEqual({ first: 0, end: 29, above: 0, below: 971 * 20 });
    const { first, end, above, below } = new RowScroll().inSight(few, 10_010, SEEN);
    expect([first, end, above]).toEqual([492, 529, 492 * 20]);
    expect(above + (end - first) * 20 + below).toBe(few.total);
    expect(new RowScroll().inSight(few, 1e9, SEEN).end).toBe(1000);
    expect(new RowScroll().inSight(evenRows(0, 20), 0, SEEN)).toEqual({ first: 0, end: 0, above: 0, below: 0 });
  });

  it("reaches the first and the last of more rows than a browser has room for", () => {
    const scroll = new RowScroll();
    expect(onScreen(many, scroll, 0)).toEqual({ row: 0, offset: 0 });
    const { first, end, above, below } = scroll.inSight(many, TALLEST - SEEN, SEEN);
    expect([end, below]).toEqual([many.count, 0]);
    expect(above + (end - first) * 20).toBe(TALLEST);
    expect(onScreen(many, scroll, (TALLEST - SEEN) / 2).row).toBeCloseTo(1_000_000, -2);
  });

  it("moves by small steps as far as the viewer scrolls, however many rows there are", () => {
    const scroll = new RowScroll();
    const start = onScreen(many, scroll, 5_000_000);
    const after = onScreen(many, scroll, 5_000_100);
    expect((after.row - start.row) * 20 + after.offset - start.offset).toBe(100);
    const back = onScreen(many, scroll, 5_000_000);
    expect(back).toEqual(start);
  });

  it("stays where it is while rows come, and near the top has no more above than there is", () => {
    const scroll = new RowScroll();
    const { row } = onScreen(many, scroll, 5_000_000);
    expect(onScreen(evenRows(3_000_000, 20), scroll, 5_000_000).row).toBe(row);
    scroll.inSight(many, 3000, SEEN);
    for (let top = 3000; top > 0; top -= 50) {
      const { first, above } = scroll.inSight(many, top, SEEN);
      expect(above).toBeLessThanOrEqual(top);
      expect(first).toBeGreaterThanOrEqual(0);
    }
    expect(onScreen(many, scroll, 0)).toEqual({ row: 0, offset: 0 });
  });

  it("scrolls to a pixel, from where it is seen first", () => {
    const scroll = new RowScroll();
    const top = scroll.scrollTo(many, 1_234_567 * 20, SEEN);
    expect(top).toBeLessThan(TALLEST);
    expect(onScreen(many, scroll, top).row).toBe(1_234_567);
    expect(scroll.scrollTo(few, 1e9, SEEN)).toBe(1000 * 20 - SEEN);
  });
});
