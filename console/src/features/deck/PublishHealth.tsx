/** How a Deck gets from its task to the store, behind a button: what came through, what had to wait, and why. */
import { healthRows } from "../../core/publishHealth";
import type { Health } from "../../protocol/deck.gen";
import type { DeckState } from "../../protocol/live.gen";
import { Popover } from "../../ui/Popover";

export function PublishHealth({ health, state }: { readonly health: Health; readonly state: DeckState }) {
  const { rows, why } = healthRows(health, state);
  return (
    <Popover name="Publishing" icon="pulse">
      <dl className="deck-health">
        {rows.map(({ label, value, note }) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>
              <strong>{value}</strong> {note}
            </dd>
          </div>
        ))}
      </dl>
      <p className="deck-health-why">{why}</p>
    </Popover>
  );
}
