/** The headline of a Deck beside others: its bar, its values, its first chart. */
import { memo } from "react";
import { Link } from "../../bindings/router";
import { words } from "../../core/bidi";
import { boxOf, sparkline, type DeckEntry } from "../../core/headlines";
import { formatNumber, formatValue } from "../../core/numerals";
import { executionPath, type ExecutionRoute } from "../../core/routes";
import type { Chart, Progress, Value } from "../../protocol/deck.gen";
import { PhaseBadge } from "../../ui/PhaseBadge";
import { Duration } from "../../ui/Ticking";
import "./decks.css";

/** Of the lines of a chart, of which a headline has three at most. */
const COLOURS = ["var(--ld-series-0)", "var(--ld-series-1)", "var(--ld-series-2)"];

interface DeckSummaryProps {
  readonly route: ExecutionRoute;
  readonly entry: DeckEntry;
}

/** One Deck in a few words and a picture, all of which leads to it. */
export const DeckSummary = memo(function DeckSummary({ route, entry }: DeckSummaryProps) {
  const elements = entry.headline?.elements ?? [];
  const href = executionPath({ ...route, node: entry.id, view: null, attempt: null, tab: null });
  return (
    <Link className="deck-summary" href={href} data-tone={entry.look.tone} aria-label={words`${entry.name}: ${entry.trouble || entry.look.label}`}>
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
        {elements.map((element) => element.kind === "progress" && <Bar key={element.id} bar={element} />)}
        {elements.some(({ kind }) => kind === "value") && (
          <span className="deck-summary-figures">
            {elements.map((element) => element.kind === "value" && <Figure key={element.id} value={element} />)}
          </span>
        )}
        {elements.map((element) => element.kind === "chart" && <Spark key={element.id} chart={element} />)}
        {elements.length === 0 && <span className="deck-summary-nothing">{nothing(entry)}</span>}
      </span>
    </Link>
  );
}, sameEntry);

function sameEntry(a: DeckSummaryProps, b: DeckSummaryProps): boolean {
  const [one, other] = [a.entry, b.entry];
  const same = one.id === other.id && one.headline === other.headline && one.look === other.look && one.trouble === other.trouble;
  return same && one.startedAt === other.startedAt && one.endedAt === other.endedAt && one.name === other.name && a.route === b.route;
}

function nothing({ headline, look }: DeckEntry): string {
  if (headline?.foreign) return "A whole page, such as flytekit writes";
  if (headline?.publishedAt) return "Nothing of its Deck fits in here";
  return look.terminal ? "Nothing was published" : "Nothing published yet";
}

function Bar({ bar: { label, value = 0, total = null } }: { readonly bar: Progress }) {
  const share = total === null || total <= 0 ? null : Math.min(1, Math.max(0, value / total));
  const amount = share === null ? formatNumber(value) : `${Math.floor(share * 100)} %`;
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

function Figure({ value: { label, value = null, unit = "" } }: { readonly value: Value }) {
  return (
    <span className="deck-summary-value" title={label}>
      <span className="deck-summary-label">{label}</span>
      <span className="number">
        {formatValue(value)}
        {unit && ` ${unit}`}
      </span>
    </span>
  );
}

function Spark({ chart: { title, series = [] } }: { readonly chart: Chart }) {
  const box = boxOf(series);
  const lines = series.map(({ x, y }) => sparkline(x, y, box));
  if (lines.every((line) => line === null)) return null;
  return (
    <span className="deck-summary-chart" title={title}>
      <span className="deck-summary-label">{title}</span>
      <svg viewBox="0 0 100 30" preserveAspectRatio="none" aria-hidden="true">
        {lines.map((line, at) => line && <path key={series[at]?.name ?? at} d={line} style={{ stroke: COLOURS[at] }} />)}
      </svg>
    </span>
  );
}
