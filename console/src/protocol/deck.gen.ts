// Generated from livedeck/deck/ops.py by scripts/generate_types.py. Change it there, and run that.

/** What the rest of livedeck has to know of a kind. */
export interface Traits {
  readonly grows: boolean;
  readonly tile: boolean;
  readonly group: string;
  readonly script: boolean;
  readonly comparable: boolean;
  readonly named: string;
  readonly raw: string;
}

export const TRAITS: Readonly<Record<string, Traits>> = {
  html: {"grows":true,"tile":false,"group":"","script":false,"comparable":false,"named":"","raw":"html"},
  markdown: {"grows":true,"tile":false,"group":"","script":false,"comparable":false,"named":"","raw":""},
  text: {"grows":true,"tile":false,"group":"","script":false,"comparable":false,"named":"","raw":"text"},
  progress: {"grows":false,"tile":true,"group":"ld-progress-group","script":false,"comparable":false,"named":"","raw":""},
  value: {"grows":false,"tile":true,"group":"ld-values","script":false,"comparable":true,"named":"","raw":""},
  chart: {"grows":true,"tile":false,"group":"ld-charts","script":true,"comparable":true,"named":"title","raw":""},
  table: {"grows":true,"tile":false,"group":"","script":true,"comparable":false,"named":"","raw":""},
  image: {"grows":true,"tile":false,"group":"ld-images","script":true,"comparable":false,"named":"","raw":""},
  layout: {"grows":true,"tile":true,"group":"","script":false,"comparable":false,"named":"","raw":""},
  json: {"grows":false,"tile":false,"group":"","script":true,"comparable":false,"named":"","raw":"text"},
  figure: {"grows":false,"tile":false,"group":"","script":true,"comparable":false,"named":"","raw":""},
  log: {"grows":true,"tile":false,"group":"","script":true,"comparable":false,"named":"","raw":""},
  bars: {"grows":true,"tile":false,"group":"ld-charts","script":true,"comparable":false,"named":"title","raw":""},
  histogram: {"grows":true,"tile":false,"group":"ld-charts","script":true,"comparable":false,"named":"title","raw":""},
  heatmap: {"grows":true,"tile":false,"group":"ld-charts","script":true,"comparable":false,"named":"title","raw":""},
  code: {"grows":false,"tile":false,"group":"","script":true,"comparable":false,"named":"","raw":"text"},
  audio: {"grows":false,"tile":false,"group":"","script":false,"comparable":false,"named":"","raw":""},
  video: {"grows":false,"tile":false,"group":"","script":false,"comparable":false,"named":"","raw":""},
};

/** A sound as a ``data:`` URL, and what is said of it. */
export interface Audio {
  readonly kind: "audio";
  readonly id: string;
  readonly src: string;
  readonly caption?: string;
  readonly note?: string;
}

/**
 * A bar chart. Categories stand in the order in which they come, group by group.
 *
 * To append to it is to change the bars that it names, and to put others behind; and to add up the numbers of the
 * notes.
 */
export interface Bars {
  readonly kind: "bars";
  readonly id: string;
  readonly title: string;
  readonly groups?: readonly Group[];
  readonly x_label?: string;
  readonly y_label?: string;
  readonly log_y?: boolean;
  readonly notes?: Readonly<Record<string, number>>;
}

/**
 * Bars of one colour: ``values`` are as many as ``categories``; None is a bar that is not there.
 *
 * Integers beyond 2**53 stand here in digits.
 */
export interface Group {
  readonly name: string;
  readonly categories: readonly string[];
  readonly values: readonly (number | string | null)[];
}

/**
 * What lies between bounds, around the line of its name if there is one.
 *
 * ``bounds`` are columns as long as ``x``, an even number of them: the first and the last are the outermost (a least
 * and a greatest, or two quantiles), those between them lie within.
 */
export interface Band {
  readonly name: string;
  readonly x: readonly (number | string | null)[];
  readonly bounds: readonly (readonly (number | string | null)[])[];
}

/**
 * A chart; each series has its own x values, in the order in which they came.
 *
 * To append to it is to append the points series by series and new series behind them, and to add up the numbers of
 * the notes; it gets the zone if it has none. Bands are appended to in the same way; one of another number of bounds
 * takes the place of the one that is there.
 */
export interface Chart {
  readonly kind: "chart";
  readonly id: string;
  readonly title: string;
  readonly series?: readonly Series[];
  readonly x_label?: string;
  readonly y_label?: string;
  readonly log_y?: boolean;
  readonly zone?: string | null;
  readonly notes?: Readonly<Record<string, number>>;
  readonly log_x?: boolean;
  readonly mark?: "area" | "line" | "scatter" | "step";
  readonly bands?: readonly Band[];
}

/**
 * A line of a chart: ``x`` and ``y`` have the same length; a None in ``y`` is a gap (NaN).
 *
 * Points are in the order in which they came. A line whose ``x`` are all different is drawn in the order of ``x``; one
 * that comes to an ``x`` again is drawn as it came. What a browser's floats cannot hold (integers beyond 2**53,
 * nanoseconds of times) stands here in digits.
 */
export interface Series {
  readonly name: string;
  readonly x: readonly (number | string | null)[];
  readonly y: readonly (number | string | null)[];
}

/** A text of numbered lines in a language. Of an unknown language it is plain. */
export interface Code {
  readonly kind: "code";
  readonly id: string;
  readonly text: string;
  readonly language?: string;
  readonly title?: string;
  readonly first?: number;
  readonly marked?: readonly (readonly number[])[];
}

/** A figure: a picture, or what a JavaScript library makes a drawing of. */
export interface Figure {
  readonly kind: "figure";
  readonly id: string;
  readonly title?: string;
  readonly library?: string;
  readonly spec?: string;
  readonly src?: string;
  readonly width?: number;
  readonly note?: string;
}

/**
 * A heat map, its first row on top.
 *
 * To append to it is to put rows below, and to add up the numbers of the notes.
 */
export interface Heatmap {
  readonly kind: "heatmap";
  readonly id: string;
  readonly title: string;
  readonly columns?: readonly string[];
  readonly rows?: readonly HeatRow[];
  readonly x_label?: string;
  readonly y_label?: string;
  readonly low?: number | null;
  readonly high?: number | null;
  readonly notes?: Readonly<Record<string, number>>;
}

/**
 * A row: its name, which may be empty, and its values; None is a cell that has none.
 *
 * Integers beyond 2**53 stand here in digits.
 */
export interface HeatRow {
  readonly label: string;
  readonly values: readonly (number | string | null)[];
}

/**
 * How many values lie in which bin: ``counts`` are as many as ``at``, which ascends.
 *
 * Bin ``n`` reaches from ``n * 2**power`` to before the next one; where the histogram has edges, from edge ``n`` to
 * the next, and ``power`` is 0.
 */
export interface Bins {
  readonly name: string;
  readonly power: number;
  readonly at: readonly number[];
  readonly counts: readonly number[];
}

/** A histogram. To append to it is to add up counts, of bins that are as wide as those of the coarser one. */
export interface Histogram {
  readonly kind: "histogram";
  readonly id: string;
  readonly title: string;
  readonly groups?: readonly Bins[];
  readonly edges?: readonly number[];
  readonly most?: number;
  readonly x_label?: string;
  readonly y_label?: string;
  readonly notes?: Readonly<Record<string, number>>;
}

/** Raw HTML, shown as it is (scripts run, inside the Deck's sandbox). */
export interface Html {
  readonly kind: "html";
  readonly id: string;
  readonly html: string;
}

/**
 * A picture, or those of several steps.
 *
 * To append to it is to put pictures behind those that are there; one of a step that is there takes its place.
 */
export interface Image {
  readonly kind: "image";
  readonly id: string;
  readonly pictures: readonly Picture[];
}

/** A picture as a ``data:`` URL, and what is said of it. */
export interface Picture {
  readonly src: string;
  readonly caption?: string;
  readonly note?: string;
  readonly step?: number | null;
  readonly boxes?: readonly Box[];
  readonly masks?: readonly Mask[];
  readonly poses?: readonly Pose[];
}

/** A text in JSON, shown as a tree. Integers may have any number of digits; NaN and infinities are as in Python. */
export interface Json {
  readonly kind: "json";
  readonly id: string;
  readonly text: string;
  readonly title?: string;
  readonly note?: string;
  readonly unfold?: number;
}

/**
 * A row, a grid, a section with a title, or a cell of some width, in which other elements of the tab stand.
 *
 * The elements are on the tab as any other; ``children`` says in which order they stand here. An id that no element
 * has is left out until there is one. To append to it is to put children behind those that are there.
 */
export interface Layout {
  readonly kind: "layout";
  readonly id: string;
  readonly form: "cell" | "grid" | "row" | "section";
  readonly children?: readonly string[];
  readonly title?: string;
  readonly columns?: number;
  readonly span?: number;
  readonly folded?: boolean;
}

/** Some lines. The lists are as long as the text has lines. */
export interface Block {
  readonly text: string;
  readonly levels: readonly number[];
  readonly times: readonly number[];
}

/**
 * Lines with level and time, in blocks.
 *
 * To append to it is to let go of as many of its last lines as are replaced, and to put the lines behind the others:
 * into its last block until that is full, then into further ones.
 */
export interface Log {
  readonly kind: "log";
  readonly id: string;
  readonly title?: string;
  readonly blocks?: readonly Block[];
  readonly names?: Readonly<Record<string, string>>;
  readonly first?: number;
  readonly replaced?: number;
}

/** CommonMark text with tables and maths; raw HTML in it is shown as text. */
export interface Markdown {
  readonly kind: "markdown";
  readonly id: string;
  readonly text: string;
}

/** A progress bar. ``total`` is None while the amount of work is unknown. */
export interface Progress {
  readonly kind: "progress";
  readonly id: string;
  readonly label: string;
  readonly value?: number;
  readonly total?: number | null;
  readonly unit?: string;
  readonly rate?: number | null;
  readonly state?: "" | "done" | "failed";
  readonly note?: string;
  readonly seconds?: number;
  readonly bars?: readonly string[];
}

/** A column. Its type says how cells are written, aligned and sorted; a cell that is of another is shown as text. */
export interface Column {
  readonly name: string;
  readonly type?: "" | "boolean" | "image" | "link" | "number" | "progress" | "sparkline" | "text" | "time";
  readonly zone?: string;
}

/** Of data that is too large for its table: how much there is, and what each of its columns holds. */
export interface Profile {
  readonly sampled: number;
  readonly width?: number;
  readonly columns?: readonly Column[];
  readonly rows?: readonly (readonly (string | number | boolean | readonly (number | null)[] | null)[])[];
}

/**
 * A table. A row has a cell for each column; those that it lacks at its end are empty.
 *
 * What is appended to it has its columns found by their names, new ones behind the others. Without a key its rows are
 * put behind those that are there. With one, a row whose key is there changes that row, in the columns that it has;
 * any other is put behind.
 */
export interface Table {
  readonly kind: "table";
  readonly id: string;
  readonly title?: string;
  readonly columns?: readonly Column[];
  readonly rows?: readonly (readonly (string | number | boolean | readonly (number | null)[] | null | Unchanged)[])[];
  readonly key?: string;
  readonly dropped?: readonly (string | number | boolean | readonly (number | null)[] | null)[] | null;
  readonly total?: number;
  readonly profile?: Profile | null;
}

/** In the place of a cell of what is appended: the row that is there keeps what it has. */
export interface Unchanged {
  readonly cell: "unchanged";
}

/** Plain text, shown as it is in a face of one width. */
export interface Text {
  readonly kind: "text";
  readonly id: string;
  readonly text: string;
}

/** A number or word with a label, shown large; ``delta`` is the change since the value before. */
export interface Value {
  readonly kind: "value";
  readonly id: string;
  readonly label: string;
  readonly value?: number | string | boolean | null;
  readonly unit?: string;
  readonly delta?: number | null;
  readonly up_is_good?: boolean | null;
  readonly target?: number | null;
  readonly recent?: readonly number[];
}

/** A film as a ``data:`` URL, and what is said of it. */
export interface Video {
  readonly kind: "video";
  readonly id: string;
  readonly src: string;
  readonly caption?: string;
  readonly note?: string;
}

/** A box over a picture, in shares of its width and height from its left upper corner. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly label?: string;
}

/** A point over a picture, in shares of its width and height from its left upper corner. */
export interface Keypoint {
  readonly x: number;
  readonly y: number;
  readonly name?: string;
}

/** Which pixels belong to which class, as a PNG whose pixels are places in a palette: nothing, then the classes. */
export interface Mask {
  readonly src: string;
  readonly classes: readonly MaskClass[];
  readonly name?: string;
}

/** What the pixels of a mask may belong to, and its colour: ``0xRRGGBB``. */
export interface MaskClass {
  readonly name: string;
  readonly color: number;
}

/** Points that belong together, and the lines between them: each from and to which of them. */
export interface Pose {
  readonly points: readonly Keypoint[];
  readonly color: number;
  readonly lines?: readonly (readonly number[])[];
}

export type Element = Html | Markdown | Text | Progress | Value | Chart | Table | Image | Layout | Json | Figure | Log | Bars | Histogram | Heatmap | Code | Audio | Video;

/**
 * Create the element at the end of the deck, or replace the one with its id where it stands.
 *
 * The deck is created after the existing ones when its name is new.
 */
export interface Put {
  readonly op: "put";
  readonly deck: string;
  readonly element: Element;
}

/**
 * Append to an element of the same id and kind.
 *
 * Text is concatenated, a chart's points are appended series by series. Of a kind that does not grow it is the same as
 * ``put``, and so is an ``extend`` of an element that does not exist, or is of another kind.
 */
export interface Extend {
  readonly op: "extend";
  readonly deck: string;
  readonly element: Element;
}

/** Remove one element, or with ``id`` None the whole deck. Dropping what is not there does nothing. */
export interface Drop {
  readonly op: "drop";
  readonly deck: string;
  readonly id?: string | null;
}

/** The Deck is complete; nothing follows. ``at`` is the time in RFC 3339, UTC. */
export interface End {
  readonly op: "end";
  readonly outcome: "aborted" | "failed" | "succeeded";
  readonly at: string;
}

export type Op = Put | Extend | Drop | End;

/** How publishing has gone so far in this attempt. */
export interface Health {
  readonly flushes?: number;
  readonly merged?: number;
  readonly retried?: number;
  readonly behind?: number;
  readonly refused?: number;
  readonly stored?: number;
  readonly why?: string;
}

/** What a flush wrote: the ops since the segment before. Immutable once stored; ``seq`` starts at 1, no gaps. */
export interface Segment {
  readonly seq: number;
  readonly at: string;
  readonly ops: readonly Op[];
  readonly health?: Health;
  readonly unreadable?: string;
}

/** A segment that could not be read, so that what it changed is missing from the document. */
export interface Unreadable {
  readonly seq: number;
  readonly reason: string;
}

/** A tab of the Deck. */
export interface Tab {
  readonly name: string;
  readonly elements: readonly Element[];
}

/** A whole Deck page as it stands after segment ``seq`` (0: nothing published yet). */
export interface Document {
  readonly seq?: number;
  readonly at?: string;
  readonly decks?: readonly Tab[];
  readonly end?: End | null;
  readonly health?: Health;
  readonly unreadable?: readonly Unreadable[];
}
