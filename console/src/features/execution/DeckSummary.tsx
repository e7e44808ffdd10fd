/** The headline of a Deck beside others: its bars, its figures, its small pictures. */
import { memo } from "react";
import { Link } from "../../bindings/router";
import { boxOf, nothingShown, sparkline, type DeckEntry } from "../../core/headlines";
import { executionPath, type ExecutionRoute, UNTOUCHED_DECK } from "../../core/routes";
import type { Summary } from "../../elements/kind";
import { summaryOf } from "../../elements/summaries";
import { PhaseBadge } from "../../ui/PhaseBadge";
import { Duration } from "../../ui/Ticking";
import "./decks.css";

/** Of the lines of a picture. */
const COLOURS = ["var(--ld-series-0)", "var(--ld-series-1)", "var(--ld-series-2)"];

interface DeckSummaryProps {
  readonly route: ExecutionRoute;
  readonly entry: DeckEntry;
  /** All Decks that there were have been read. */
  readonly ready: boolean;
}

/** One Deck in a few words and a picture, all of which leads to it. */
export const DeckSummary = memo(function DeckSummary({ route, entry, ready }: DeckSummaryProps) {
  const shown = summaries(entry);
  const href = executionPath({ ...route, node: entry.id, view: null, attempt: null, rank: null, ...UNTOUCHED_DECK });
  return (
    <Link className="deck-summary" href={href} data-tone={entry.look.tone}>
      <span className="deck-summary-head">
        <span className="deck-summary-name" title={entry.id}>
          {entry.name}
        </span>
        {entry.trouble && <span className="deck-summary-trouble">{entry.trouble}</span>}
        {entry.headline?.source && <span className="deck-summary-label">From another run</span>}
        <PhaseBadge look={entry.look} />
        <span className="deck-summary-time">
          <Duration from={entry.startedAt} to={entry.endedAt} />
        </span>
      </span>
      <span className="deck-summary-body">
        {shown.map(({ id, summary }) => summary.form === "bar" && <Bar key={id} {...summary} />)}
        {shown.some(({ summary }) => summary.form === "figure") && (
          <span className="deck-summary-figures">
            {shown.map(({ id, summary }) => summary.form === "figure" && <Figure key={id} {...summary} />)}
          </span>
        )}
        {shown.map(({ id, summary }) => summary.form === "lines" && <Spark key={id} {...summary} />)}
        {shown.length === 0 && <span className="deck-summary-nothing">{nothingShown(entry, ready)}</span>}
      </span>
    </Link>
  );
}, sameEntry);

function sameEntry(a: DeckSummaryProps, b: DeckSummaryProps): boolean {
  const [one, other] = [a.entry, b.entry];
  const same = one.id === other.id && one.headline === other.headline && one.look === other.look && one.trouble === other.trouble;
  return same && one.startedAt === other.startedAt && one.endedAt === other.endedAt && one.name === other.name && a.route === b.route && a.ready === b.ready;
}

interface Shown {
  readonly id: string;
  readonly summary: Summary;
}

function summaries({ headline }: DeckEntry): readonly Shown[] {
  return (headline?.elements ?? []).flatMap((element) => {
    const summary = summaryOf(element);
    return summary ? [{ id: element.id, summary }] : [];
  });
}

type Form<F extends Summary["form"]> = Extract<Summary, { readonly form: F }>;

function Bar({ label, share, amount }: Form<"bar">) {
  return (
    <span className="deck-summary-bar">
      <span className="deck-summary-label">{label}</span>
      <span className="deck-summary-track">
        <span style={{ width: `${(share ?? 1) * 100}%` }} data-unknown={share === null || undefined} />
      </span>
      <span className="number">{amount}</span>
    </span>
  );
}

function Figure({ label, text }: Form<"figure">) {
  return (
    <span className="deck-summary-value" title={label}>
      <span className="deck-summary-label">{label}</span>
      <span className="number">{text}</span>
    </span>
  );
}

function Spark({ title, lines }: Form<"lines">) {
  const box = boxOf(lines);
  const paths = lines.map(({ x, y }) => sparkline(x, y, box));
  if (paths.every((path) => path === null)) return null;
  return (
    <span className="deck-summary-chart" title={title}>
      <span className="deck-summary-label">{title}</span>
      <svg viewBox="0 0 100 30" preserveAspectRatio="none" aria-hidden="true">
        {paths.map((path, at) => path && <path key={lines[at]?.name ?? at} d={path} style={{ stroke: COLOURS[at] }} />)}
      </svg>
    </span>
  );
}
