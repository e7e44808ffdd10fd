/** How far many tasks are: a bar of what has come of them, and how many of each. */
import { countsOf, type DeckEntry } from "../../core/headlines";
import { formatNumber } from "../../core/numerals";

const TONES = [
  ["good", "succeeded"],
  ["bad", "failed"],
  ["warn", "aborted"],
  ["running", "running"],
  ["waiting", "queued"],
  ["quiet", "not started"],
] as const;

interface DeckBarProps {
  readonly entries: readonly DeckEntry[];
  /** How many there will be, as far as that is known. */
  readonly size: number;
  readonly label: string;
}

export function DeckBar({ entries, size, label }: DeckBarProps) {
  const counts = countsOf(entries);
  const all = Math.max(size, entries.length);
  const ended = entries.filter(({ look }) => look.terminal).length;
  const shown = TONES.filter(([tone]) => counts.has(tone));
  return (
    <div className="deck-bar">
      <div className="deck-bar-words">
        <strong>{`${formatNumber(ended)} of ${formatNumber(all)} ended`}</strong>
        {shown.map(([tone, word]) => (
          <span key={tone} data-tone={tone}>{`${formatNumber(counts.get(tone) ?? 0)} ${word}`}</span>
        ))}
      </div>
      <div className="deck-bar-track" role="progressbar" aria-label={label} aria-valuemin={0} aria-valuemax={all} aria-valuenow={ended}>
        {shown.map(([tone]) => (
          <span key={tone} data-tone={tone} style={{ width: `${((counts.get(tone) ?? 0) / Math.max(1, all)) * 100}%` }} />
        ))}
      </div>
    </div>
  );
}
