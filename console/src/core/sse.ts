/** Server-Sent Events, as the HTML standard parses them: text in any pieces to events. Pure. */

export interface ServerEvent {
  readonly event: string;
  readonly data: string;
  /** The last `id:` seen, this event's included; what to resume after. */
  readonly id: string;
}

export class SseParser {
  private rest = "";
  private event = "";
  private data: string[] = [];
  private id = "";

  /** The events that this piece of the stream completes. */
  push(text: string): ServerEvent[] {
    const events: ServerEvent[] = [];
    const lines = (this.rest + text).split(/\r\n|\n|\r(?!$)/);
    this.rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line === "") this.flush(events);
      else this.field(line);
    }
    return events;
  }

  private flush(events: ServerEvent[]): void {
    if (this.data.length > 0) events.push({ event: this.event || "message", data: this.data.join("\n"), id: this.id });
    this.event = "";
    this.data = [];
  }

  private field(line: string): void {
    const colon = line.indexOf(":");
    if (colon === 0) return; // a comment: the heartbeat
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "event") this.event = value;
    else if (name === "data") this.data.push(value);
    else if (name === "id" && !value.includes("\0")) this.id = value;
  }
}
