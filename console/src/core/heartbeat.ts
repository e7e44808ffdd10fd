/**
 * Tells when a frame does not answer any more: a script in it runs without end, or has taken all memory, so that the
 * browser has ended its process. And when it is about to: the frame says how much is taken. That it runs in another process
 * than the page, whose own scripts go on, is the browser's doing (Chromium gives sandboxed frames one of their own).
 */

const EVERY_MS = 1000;
/** Pings that may go unanswered. */
const MOST_UNANSWERED = 6;
/** The same while the frame draws what it was sent: a Deck of the largest size takes its time on a slow machine. */
const MOST_UNANSWERED_DRAWING = 30;

/** The share of the memory for scripts from which on a frame is let go, before its process ends with all that is in it. */
const MOST_MEMORY = 0.75;

export interface HeartbeatEvents {
  /** Ask the frame for an answer. */
  readonly ping: () => void;
  /** Whether the frame has not said yet that it applied what it was sent. */
  readonly isDrawing: () => boolean;
  /**
   * There was no answer to many pings. Pings are counted rather than seconds, so that a page which could not run its own
   * timers does not blame the frame.
   */
  readonly silent: () => void;
  /** It has taken nearly all memory that there is for scripts, and takes more. */
  readonly full: () => void;
}

export class Heartbeat {
  private readonly timer = setInterval(() => this.beat(), EVERY_MS);
  private unanswered = 0;
  private memory = 0;
  /** That at the ping before. */
  private before = 0;
  /** Pings since so much memory is taken at which it was more than at the one before. */
  private filled = 0;

  /** @param mostFull after how many such pings the frame is full. */
  constructor(
    private readonly mostFull: number,
    private readonly events: HeartbeatEvents,
  ) {}

  /** The frame said something, whatever it was: it may be busy with what was sent before the ping. */
  heard(): void {
    this.unanswered = 0;
  }

  /** It said which share of the memory for scripts is taken. */
  weighed(memory: number): void {
    this.memory = memory;
  }

  close(): void {
    clearInterval(this.timer);
  }

  private beat(): void {
    const most = this.events.isDrawing() ? MOST_UNANSWERED_DRAWING : MOST_UNANSWERED;
    if (!(this.memory >= MOST_MEMORY)) this.filled = 0;
    else if (this.memory > this.before) this.filled++; // what stays as it is may be about to be given back
    this.before = this.memory;
    if (this.filled >= this.mostFull) this.events.full();
    else if (document.visibilityState === "hidden") this.unanswered = 0; // browsers let hidden frames wait
    else if (this.unanswered >= most) this.events.silent();
    else {
      this.unanswered++;
      this.events.ping();
    }
  }
}
