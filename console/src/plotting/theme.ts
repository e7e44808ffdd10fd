/** The Deck's colours and face, for what CSS does not reach. */

export const COLOURS = 8;
/** From the ninth series on the colours come again, dashed; the same as in `livedeck/deck/plot.py`. */
const DASHES: readonly (readonly number[])[] = [[], [6, 4], [2, 3]];

export interface Theme {
  readonly face: string;
  readonly text: string;
  readonly faint: string;
  readonly line: string;
  readonly card: string;
  readonly accent: string;
  readonly warn: string;
  readonly series: readonly string[];
}

export function themeOf(node: Element): Theme {
  const style = getComputedStyle(node);
  const token = (name: string) => style.getPropertyValue(`--ld-${name}`).trim() || "#888";
  return {
    face: token("font"),
    text: token("text"),
    faint: token("text-faint"),
    line: token("line"),
    card: token("raised"),
    accent: token("accent"),
    warn: token("warn"),
    series: Array.from({ length: COLOURS }, (_, index) => token(`series-${index}`)),
  };
}

export function colourOf(theme: Theme, index: number): string {
  return theme.series[index % COLOURS] ?? theme.text;
}

export function dashOf(index: number): readonly number[] {
  return DASHES[Math.floor(index / COLOURS) % DASHES.length] ?? [];
}
