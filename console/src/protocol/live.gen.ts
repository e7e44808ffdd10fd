// Generated from livedeck/admin/live/messages.py by scripts/generate_types.py. Change it there, and run that.

import type { Document, Element, Segment } from "./deck.gen";

/** Which of the states a viewer can meet a Deck in. */
export type DeckPhase =
  | "queued"
  | "waiting"
  | "placeholder"
  | "live"
  | "behind"
  | "finishing"
  | "succeeded"
  | "failed"
  | "aborted"
  | "died"
  | "unknown"
  | "cached"
  | "recovered"
  | "none";

/** The ``state`` event of a Deck's stream: everything around the document. */
export interface DeckState {
  readonly phase: DeckPhase;
  readonly attempt?: number;
  readonly attempts?: number;
  readonly publishedAt?: string | null;
  readonly startedAt?: string | null;
  readonly endedAt?: string | null;
  readonly reason?: string;
  readonly ahead?: number | null;
  readonly behind?: number;
  readonly foreign?: boolean;
  readonly shared?: boolean;
  readonly source?: string | null;
  readonly now?: string;
}

/** The ``snapshot`` event: the whole document, or for a foreign Deck the ETag of its new ``deck.html``. */
export interface Snapshot {
  readonly document?: Document | null;
  readonly etag?: string | null;
}

/** The ``segment`` event: the next segment of the log. */
export interface NextSegment {
  readonly segment: Segment;
}

/** A node that could run and waits to be started. */
export interface QueuedNode {
  readonly ahead: number;
  readonly reason: number;
}

/**
 * The ``queue`` event of an execution's stream: every node that waits to be started, instead of those told before.
 *
 * A few words are true of thousands of nodes, so each reason is sent once.
 */
export interface ExecutionQueue {
  readonly reasons: readonly string[];
  readonly nodes: Readonly<Record<string, QueuedNode>>;
}

/** The ``stale`` event of a stream of executions: what was sent may not be how things stand now. */
export interface Stale {
  readonly reason: string;
}

/** Attempts of items of one array node, as columns: there may be thousands. */
export interface ItemAttempts {
  readonly index: readonly number[];
  readonly attempt: readonly number[];
  readonly phase: readonly string[];
  readonly started: readonly number[];
  readonly seconds: readonly number[];
  readonly deck: readonly boolean[];
  readonly ranks: number;
  readonly rankDecks: boolean;
}

/** The ``items`` event of an execution's stream: what changed of items of array nodes, by the node's id. */
export interface ArrayItems {
  readonly nodes: Readonly<Record<string, ItemAttempts>>;
}

/** What of a node's Deck is shown where many stand side by side. */
export interface Headline {
  readonly node: string;
  readonly attempt?: number;
  readonly elements?: readonly Element[];
  readonly publishedAt?: string | null;
  readonly ended?: boolean;
  readonly died?: boolean;
  readonly behind?: number;
  readonly source?: string | null;
  readonly foreign?: boolean;
}

/** The ``headlines`` event: of those Decks of an execution that have changed, whole. */
export interface Headlines {
  readonly decks: readonly Headline[];
}

/** The ``chunk`` event of a log's stream: output captured from the attempt. */
export interface LogChunk {
  readonly seq: number;
  readonly text: string;
}

/** One of the streams that a page asks for. */
export interface StreamRequest {
  readonly url: string;
  readonly lastId?: string;
}

/** The body of a request for many streams. A stream's place in it is the number of its channel. */
export interface StreamsRequest {
  readonly streams: readonly StreamRequest[];
}

/** The first frame of a channel; what follows is the body of that response, as it would be alone. */
export interface StreamHead {
  readonly status: number;
}

/** Page to frame: show this document, keeping scroll position, tab and zoom where they still make sense. */
export interface FrameDocument {
  readonly type: "document";
  readonly document: Document;
}

/** Page to frame: apply this segment in place. */
export interface FrameSegment {
  readonly type: "segment";
  readonly segment: Segment;
}

/** Page to frame: follow the page's light or dark theme. */
export interface FrameTheme {
  readonly type: "theme";
  readonly dark: boolean;
}

/** Page to frame: show this tab once there is one of that name, unless the viewer chooses another. */
export interface FrameTab {
  readonly type: "tab";
  readonly name: string;
}

/** Page to frame: whether the attempt is over, also where it died before it could end its Deck. */
export interface FrameOver {
  readonly type: "over";
  readonly over: boolean;
}

/** The stretch of x that the viewer has zoomed into, in all charts of one x. */
export interface ChartZoom {
  readonly x: string;
  readonly low: number;
  readonly high: number;
}

/** The series of one chart that the viewer has hidden. */
export interface HiddenSeries {
  readonly deck: string;
  readonly element: string;
  readonly names: readonly string[];
}

/** Both ways: what the viewer has made of the charts; it names all of it. What there is not is passed over. */
export interface FrameLook {
  readonly type: "look";
  readonly zooms: readonly ChartZoom[];
  readonly hidden: readonly HiddenSeries[];
}

/** Page to frame: the script that draws maths, once the frame has asked for it; empty where there is none. */
export interface FrameMathsScript {
  readonly type: "maths";
  readonly script: string;
}

/** Page to frame: answer with a pong, which tells the page that no script in the frame runs without end. */
export interface FramePing {
  readonly type: "ping";
  readonly number: number;
}

/** Frame to page: the viewer chose this tab. */
export interface FrameChosen {
  readonly type: "chosen";
  readonly name: string;
}

/** Frame to page: the document now stands at ``seq``. */
export interface FrameApplied {
  readonly type: "applied";
  readonly seq: number;
}

/** Frame to page: ``seq`` has been on screen for a frame (two animation frames after it was applied). */
export interface FramePainted {
  readonly type: "painted";
  readonly seq: number;
}

/** Frame to page: the answer to a ping. */
export interface FramePong {
  readonly type: "pong";
  readonly number: number;
  readonly active: boolean;
  readonly memory: number;
}

/** Frame to page: the viewer pressed Escape, and nothing in the Deck took it for itself. */
export interface FrameLeave {
  readonly type: "leave";
}

/** Frame to page: there is maths to be drawn, and the script that does it is needed. */
export interface FrameMaths {
  readonly type: "maths";
}

/**
 * Frame to page: the viewer wants a table or a chart as a file, which a sandboxed frame cannot save.
 *
 * The page decides about its name, and saves nothing unless the viewer has just clicked or typed. What is not of the
 * form that it is said to be is not saved.
 */
export interface FrameSave {
  readonly type: "save";
  readonly form: "csv" | "png" | "svg";
  readonly text: string;
}

export type ToFrame = FrameDocument | FrameSegment | FrameTheme | FrameTab | FrameOver | FrameLook | FrameMathsScript | FramePing;

export type FromFrame = FrameApplied | FramePainted | FrameChosen | FrameLook | FrameLeave | FramePong | FrameMaths | FrameSave;
