/** The server's clock, known from what it says, so that ages and durations do not depend on the viewer's own. */

/** How old a `Date` header may be: it has whole seconds, and the server sets it once a second. */
const DATE_WITHIN_MS = 2000;

export class ServerClock {
  private offset = 0;
  private stopped: number | null = null;

  constructor(private readonly local: () => number = Date.now) {}

  /** Take a message's `now` (RFC 3339); an empty one says nothing. */
  hear(now: string | undefined): void {
    const heard = now ? Date.parse(now) : NaN;
    if (!Number.isNaN(heard)) this.offset = heard - this.local();
  }

  /** Take a response's `Date`. A viewer's clock that agrees with it as far as can be told is the finer of the two. */
  hearDate(date: string | null): void {
    const heard = date === null ? NaN : Date.parse(date);
    if (Number.isNaN(heard)) return;
    const ahead = this.local() - heard;
    const agrees = ahead >= -DATE_WITHIN_MS / 2 && ahead <= DATE_WITHIN_MS * 1.5;
    this.offset = agrees ? 0 : DATE_WITHIN_MS / 2 - ahead;
  }

  /** Milliseconds since the epoch. */
  now(): number {
    return this.stopped ?? this.local() + this.offset;
  }

  /** Stand still: of what is counted by it nothing more is known. */
  stop(): void {
    this.stopped ??= this.now();
  }

  /** Seconds since a time in RFC 3339; never negative, null when there is none. */
  secondsSince(time: string | null | undefined): number | null {
    const then = time ? Date.parse(time) : NaN;
    return Number.isNaN(then) ? null : Math.max(0, (this.now() - then) / 1000);
  }
}
