/** The colours of a heat map, from the card's own to one that stands out from it, so that they can be read in each theme. */

type Colour = readonly [red: number, green: number, blue: number];

const STEPS = 64;

export interface Ramp {
  /** The colour of a share, from 0 to 1. */
  readonly colour: (share: number) => string;
  /** The one of two colours that can be read better on it. */
  readonly ink: (share: number) => string;
}

export interface RampOf {
  readonly card: string;
  readonly text: string;
  readonly low: string;
  readonly high: string;
}

/** `middle`: the share that has the card's colour; below it colours go towards `low`, above it towards `high`. */
export function ramp({ card, text, low, high }: RampOf, middle: number): Ramp {
  const [from, below, above] = [parsed(card), parsed(low), parsed(high)];
  const at = (share: number): Colour => {
    const [towards, amount] = share >= middle ? [above, (share - middle) / Math.max(1e-9, 1 - middle)] : [below, (middle - share) / middle];
    const part = 0.06 + 0.94 * Math.min(1, Math.max(0, amount));
    return [0, 1, 2].map((channel) => Math.round((from[channel] ?? 0) * (1 - part) + (towards[channel] ?? 0) * part)) as unknown as Colour;
  };
  const steps = Array.from({ length: STEPS + 1 }, (_, step) => at(step / STEPS));
  const colours = steps.map((colour) => `rgb(${colour.join(",")})`);
  const inks = steps.map((colour) => (contrast(colour, parsed(text)) >= contrast(colour, from) ? text : card));
  const step = (share: number) => Math.round(Math.min(1, Math.max(0, share)) * STEPS);
  return { colour: (share) => colours[step(share)] ?? card, ink: (share) => inks[step(share)] ?? text };
}

function parsed(colour: string): Colour {
  const found = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(colour);
  return found ? [parseInt(found[1] ?? "", 16), parseInt(found[2] ?? "", 16), parseInt(found[3] ?? "", 16)] : [136, 136, 136];
}

function contrast(one: Colour, other: Colour): number {
  const [dark = 0, bright = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (bright + 0.05) / (dark + 0.05);
}

function luminance(colour: Colour): number {
  const [red = 0, green = 0, blue = 0] = colour.map((channel) => {
    const share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
