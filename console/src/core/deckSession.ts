/**
 * One Deck as its viewer follows it: the stream's events in, a document for the frame out, and everything around it
 * (state, pause, connection) as one value to render. Knows nothing of the page.
 */
import { applySegment, keepDocument, ownDocument, SegmentGap } from "../document/apply";
import type { Document, Health, Segment, Unreadable } from "../protocol/deck.gen";
import type { DeckState, Snapshot, NextSegment } from "../protocol/live.gen";
import { BROWSER, LiveStream, type StreamState, type Surroundings } from "./liveStream";
import { Observable, type Readable } from "./observable";
import { ServerClock } from "./serverClock";
import type { ServerEvent } from "./sse";

export interface DeckView {
  readonly stream: StreamState;
  /** Null until the server's first word. */
  readonly state: DeckState | null;
  /** Whether there is a document for the frame. */
  readonly hasDocument: boolean;
  /** Whether there is anything in it. */
  readonly empty: boolean;
  /** Segments that could not be read: what they changed is missing from the document. */
  readonly unreadable: readonly Unreadable[];
  /** How publishing has gone up to what is shown; null where nothing was published, or nobody tells. */
  readonly health: Health | null;
  /** For a foreign Deck: the version of `deck.html` to show. */
  readonly etag: string | null;
  readonly paused: boolean;
  /** Updates that have come in since the pause and wait to be shown. */
  readonly waiting: number;
}

/** What shows the document: the frame's port. */
export interface DocumentSink {
  document(document: Document): void;
  segment(segment: Segment): void;
}

/** Beyond this many segments in a pause, showing the whole document again is cheaper than replaying them. */
const MOST_HELD = 200;
/** The same for their size, in characters of JSON: a pause may last, and `latest` holds all that matters of them. */
const MOST_HELD_DATA = 16 * 1024 * 1024;

const NOTHING_UNREADABLE: readonly Unreadable[] = [];

const FIRST: DeckView = {
  stream: { status: "connecting", reason: "" },
  state: null,
  hasDocument: false,
  empty: true,
  unreadable: NOTHING_UNREADABLE,
  health: null,
  etag: null,
  paused: false,
  waiting: 0,
};

export class DeckSession {
  readonly clock = new ServerClock();
  private readonly current = new Observable<DeckView>(FIRST);
  readonly view: Readable<DeckView> = this.current;
  private readonly stream: LiveStream;
  private readonly sinks = new Set<DocumentSink>();
  /** The Deck as the server knows it, shown or not. */
  private latest: Document | null = null;
  /** The Deck as the frame shows it: behind `latest` while paused. */
  private shown: Document | null = null;
  private latestEtag: string | null = null;
  /** Segments from `shown` to `latest`; null when only the whole document gets from one to the other. */
  private held: Segment[] | null = [];
  private heldData = 0;

  constructor(url: string, around: Surroundings = BROWSER) {
    this.stream = new LiveStream(url, (event) => this.take(event), around);
    const follow = () => this.change({ stream: this.stream.state.get() });
    this.stream.state.subscribe(follow);
    follow();
  }

  /** A frame is ready: it gets the document now, and what follows. Returns how to let go of it. */
  attach(sink: DocumentSink): () => void {
    this.sinks.add(sink);
    if (this.shown) sink.document(this.shown);
    return () => this.sinks.delete(sink);
  }

  pause(): void {
    if (this.latest) keepDocument(this.latest); // what is shown stays as it is
    this.change({ paused: true, waiting: 0 });
  }

  resume(): void {
    this.change({ paused: false, waiting: 0 });
    this.flush();
  }

  close(): void {
    this.stream.close();
    this.sinks.clear();
  }

  private take({ event, data }: ServerEvent): "end" | "restart" | undefined {
    switch (event) {
      case "state":
        this.takeState(JSON.parse(data) as DeckState);
        return undefined;
      case "snapshot":
        this.takeSnapshot(JSON.parse(data) as Snapshot);
        return undefined;
      case "segment":
        return this.takeSegment((JSON.parse(data) as NextSegment).segment, data.length);
      case "end":
        this.takeState(JSON.parse(data) as DeckState);
        return "end";
      default:
        return undefined; // an event of a newer server
    }
  }

  private takeState(state: DeckState): void {
    this.clock.hear(state.now);
    const before = this.current.get().state;
    if (before && (before.attempt ?? 0) !== (state.attempt ?? 0)) this.forget();
    this.change({ state });
  }

  /** The server tells the state once a second at most; a segment that came since is newer than what that says. */
  private age(at: string): void {
    const { state } = this.current.get();
    if (state && !(Date.parse(at) <= Date.parse(state.publishedAt ?? ""))) this.change({ state: { ...state, publishedAt: at } });
  }

  /** Another attempt begins: what the one before published is not its. */
  private forget(): void {
    this.latest = null;
    this.latestEtag = null;
    this.held = null;
    this.came();
  }

  private takeSnapshot({ document, etag }: Snapshot): void {
    if (document) this.latest = ownDocument(document);
    if (etag) this.latestEtag = etag;
    this.held = null;
    this.came();
  }

  private takeSegment(segment: Segment, length: number): "restart" | undefined {
    const before = this.latest ?? {};
    try {
      this.latest = applySegment(before, segment);
    } catch (error) {
      if (error instanceof SegmentGap) return "restart";
      throw error;
    }
    if (this.latest === before) return undefined;
    this.age(segment.at);
    this.hold(segment, length);
    this.came();
    return undefined;
  }

  private hold(segment: Segment, length: number): void {
    this.held?.push(segment);
    this.heldData += length;
    if (this.held && (this.held.length > MOST_HELD || this.heldData > MOST_HELD_DATA)) this.held = null;
  }

  private came(): void {
    if (this.current.get().paused) this.change({ waiting: this.current.get().waiting + 1 });
    else this.flush();
  }

  /** Bring the frames up to the latest. */
  private flush(): void {
    const { held, latest } = this;
    this.held = [];
    this.heldData = 0;
    this.change({
      hasDocument: latest !== null,
      empty: !latest?.decks?.length,
      unreadable: latest?.unreadable ?? NOTHING_UNREADABLE,
      health: latest?.health ?? null,
      etag: this.latestEtag,
    });
    for (const sink of this.sinks) {
      if (latest && (held === null || this.shown === null)) sink.document(latest);
      else held?.forEach((segment) => sink.segment(segment));
    }
    this.shown = latest;
  }

  private change(some: Partial<DeckView>): void {
    this.current.update((view) => ({ ...view, ...some }));
  }
}
