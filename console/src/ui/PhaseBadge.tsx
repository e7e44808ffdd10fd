import { usePhaseLook } from "../bindings/lastKnown";
import type { PhaseLook } from "../core/phases";
import { Icon } from "./icons";
import "./phase.css";

/** A phase in its tone, with icon and word. */
export function PhaseBadge({ look: given }: { readonly look: PhaseLook }) {
  const look = usePhaseLook(given);
  return (
    <span className={`phase phase-${look.tone}`}>
      <PhaseIcon look={look} />
      {look.label}
    </span>
  );
}

/** The icon alone, where the word stands elsewhere or there is no room for it. */
export function PhaseMark({ look: given }: { readonly look: PhaseLook }) {
  const look = usePhaseLook(given);
  return (
    <span className={`phase-mark phase-${look.tone}`} role="img" aria-label={look.label} title={look.label}>
      <PhaseIcon look={look} />
    </span>
  );
}

function PhaseIcon({ look }: { readonly look: PhaseLook }) {
  return <Icon name={look.icon} size={14} {...(look.icon === "spinner" && { className: "spin" })} />;
}
