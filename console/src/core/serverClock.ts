/** The server's clock, known from the `now` of its messages, so that ages do not depend on the viewer's own. */

export class ServerClock {
  private offset = 0;

  constructor(private readonly local: () => number = Date.now) {}

  /** Take a message's `now` (RFC 3339); an empty one says nothing. */
  hear(now: string | undefined): void {
    const heard = now ? Date.parse(now) : NaN;
    if (!Number.isNaN(heard)) this.offset = heard - this.local();
  }

  /** Milliseconds since the epoch. */
  now(): number {
    return this.local() + this.offset;
  }

  /** Seconds since a time in RFC 3339; never negative, null when there is none. */
  secondsSince(time: string | null | undefined): number | null {
    const then = time ? Date.parse(time) : NaN;
    return Number.isNaN(then) ? null : Math.max(0, (this.now() - then) / 1000);
  }
}
