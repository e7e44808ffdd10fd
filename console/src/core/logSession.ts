/** The output of one attempt, live: chunks of text in, lines out. */
import type { LogChunk } from "../protocol/live.gen";
import { BROWSER, LiveStream, type StreamState, type Surroundings } from "./liveStream";
import { Observable, type Readable } from "./observable";
import type { ServerEvent } from "./sse";

export interface LogView {
  readonly stream: StreamState;
  /** Grows in place; `version` tells that it did. The last line may still be unfinished. */
  readonly lines: readonly string[];
  readonly version: number;
  /** Lines that were let go to keep memory bounded. */
  readonly dropped: number;
}

const MOST_LINES = 200_000;
/** Characters of a line that are kept: who prints a megabyte without a newline did not mean it to be read. */
const MOST_CHARACTERS = 64 * 1024;
const CUT = " … (the line goes on)";
// CSI and OSC sequences: colours, cursor movements, titles.
// eslint-disable-next-line no-control-regex
const ESCAPE_SEQUENCES = /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\))/g;

/** Lines from pieces of text. A carriage return starts its line over, as progress bars in a terminal do. */
export class LineBuffer {
  readonly lines: string[] = [];
  dropped = 0;
  private open = "";

  push(text: string): void {
    const pieces = (this.open + text).split("\n");
    if (this.open !== "") this.lines.pop();
    this.open = remaining(pieces.pop() ?? "");
    for (const piece of pieces) this.lines.push(clean(piece));
    if (this.open !== "") this.lines.push(clean(this.open));
    this.trim();
  }

  private trim(): void {
    const over = this.lines.length - MOST_LINES;
    if (over <= MOST_LINES / 10) return; // in bulk: cutting an array's head costs its whole length
    this.lines.splice(0, over);
    this.dropped += over;
  }
}

/** A line as it is shown. */
function clean(line: string): string {
  const [last] = lastStart(line.replace(ESCAPE_SEQUENCES, ""));
  return last.length > MOST_CHARACTERS ? `${last.slice(0, MOST_CHARACTERS)}${CUT}` : last;
}

/**
 * What of a line that is not finished still matters to what comes of it: a progress bar may draw itself for hours
 * without ever ending its line. One character more than is shown stays, which tells that there were more.
 */
function remaining(line: string): string {
  const [last, end] = lastStart(line.replace(ESCAPE_SEQUENCES, ""));
  return last.slice(0, MOST_CHARACTERS + 1) + end;
}

/** What follows the last carriage return, and the one at the line's end, which overwrites nothing until more follows. */
function lastStart(line: string): readonly [string, "\r" | ""] {
  let end = line.length;
  while (line[end - 1] === "\r") end--;
  const start = line.lastIndexOf("\r", end - 1) + 1;
  return [line.slice(start, end), end < line.length ? "\r" : ""];
}

export class LogSession {
  private readonly buffer = new LineBuffer();
  private readonly current: Observable<LogView>;
  readonly view: Readable<LogView>;
  private readonly stream: LiveStream;
  private seq = 0;

  constructor(key: string, around: Surroundings = BROWSER) {
    this.current = new Observable<LogView>({
      stream: { status: "connecting", reason: "" },
      lines: this.buffer.lines,
      version: 0,
      dropped: 0,
    });
    this.view = this.current;
    this.stream = new LiveStream(`/live/logs/${key}`, (event) => this.take(event), around);
    const follow = () => this.current.update((view) => ({ ...view, stream: this.stream.state.get() }));
    this.stream.state.subscribe(follow);
    follow();
  }

  close(): void {
    this.stream.close();
  }

  private take({ event, data }: ServerEvent): "end" | undefined {
    if (event === "end") return "end";
    if (event !== "chunk") return undefined;
    const { seq, text } = JSON.parse(data) as LogChunk;
    if (seq <= this.seq) return undefined;
    this.seq = seq;
    this.buffer.push(text);
    this.current.update((view) => ({ ...view, version: view.version + 1, dropped: this.buffer.dropped }));
    return undefined;
  }
}
