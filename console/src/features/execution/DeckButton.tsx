import { usePhaseLook } from "../../bindings/lastKnown";
import { Link } from "../../bindings/router";
import { words } from "../../core/bidi";
import type { NodeRow } from "../../core/nodeTree";
import { NODE_PHASES } from "../../core/phases";
import { executionPath, type ExecutionRoute, UNTOUCHED_DECK } from "../../core/routes";
import { Icon } from "../../ui/icons";

/** To a node's Deck; there from the moment the node runs, with a pulse while it does, not while a retry is queued. */
export function DeckButton({ route, row }: { readonly route: ExecutionRoute; readonly row: NodeRow }) {
  const running = usePhaseLook(NODE_PHASES[row.phase]).icon === "spinner";
  return (
    <Link
      className={`deck-button ${running ? "deck-button-live" : ""}`}
      href={executionPath({ ...route, node: row.id, view: "deck", attempt: null, rank: null, ...UNTOUCHED_DECK })}
      aria-label={words`Deck of ${row.name}`}
      title={running ? "Deck, live" : "Deck"}
    >
      {running ? <span className="deck-button-dot" aria-hidden="true" /> : <Icon name="deck" size={14} />}
      <span className="deck-button-word">Deck</span>
    </Link>
  );
}
