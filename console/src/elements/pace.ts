/** When to draw an element whose data comes in faster than it can be drawn. */

/** Half a frame. */
const SLOW_MS = 8;

/** Draws once for many changes; an element that is slow to draw leaves the page as much time again for everything else. */
export class Pace {
  private waiting: (() => void) | null = null;
  /** Milliseconds that the last drawing took. */
  private cost = 0;

  constructor(private readonly draw: () => void) {}

  /** Draw at once, as long as that is quick. */
  atOnce(): void {
    if (this.waiting === null && this.cost < SLOW_MS) this.run();
    else this.nextFrame();
  }

  /** Draw with the next frame, or with a later one. */
  nextFrame(): void {
    if (this.waiting) return;
    const inFrame = () => {
      const frame = requestAnimationFrame(() => {
        this.waiting = null;
        this.run();
      });
      this.waiting = () => cancelAnimationFrame(frame);
    };
    if (this.cost < SLOW_MS) {
      inFrame();
    } else {
      const timer = setTimeout(inFrame, this.cost);
      this.waiting = () => clearTimeout(timer);
    }
  }

  stop(): void {
    this.waiting?.();
    this.waiting = null;
  }

  private run(): void {
    const began = performance.now();
    try {
      this.draw();
    } finally {
      this.cost = performance.now() - began;
    }
  }
}
