/**
 * Tells when a frame does not answer any more: a script in it runs without end. That it runs in another process than the
 * page, whose own scripts go on, is the browser's doing (Chromium gives sandboxed frames one of their own).
 */

const EVERY_MS = 1000;
/** Pings that may go unanswered. */
const MOST_UNANSWERED = 6;
/** The same while the frame draws what it was sent: a Deck of the largest size takes its time on a slow machine. */
const MOST_UNANSWERED_DRAWING = 30;

export class Heartbeat {
  private readonly timer = setInterval(() => this.beat(), EVERY_MS);
  private unanswered = 0;

  /**
   * @param ping asks the frame for an answer.
   * @param drawing whether the frame has not said yet that it applied what it was sent.
   * @param silent called once there was no answer to many pings. Pings are counted rather than seconds, so that a page
   *   which could not run its own timers does not blame the frame.
   */
  constructor(
    private readonly ping: () => void,
    private readonly drawing: () => boolean,
    private readonly silent: () => void,
  ) {}

  /** The frame said something, whatever it was: it may be busy with what was sent before the ping. */
  heard(): void {
    this.unanswered = 0;
  }

  close(): void {
    clearInterval(this.timer);
  }

  private beat(): void {
    const most = this.drawing() ? MOST_UNANSWERED_DRAWING : MOST_UNANSWERED;
    if (document.visibilityState === "hidden") this.unanswered = 0; // browsers let hidden frames wait
    else if (this.unanswered >= most) this.silent();
    else {
      this.unanswered++;
      this.ping();
    }
  }
}
