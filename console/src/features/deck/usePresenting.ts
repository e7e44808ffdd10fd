import { useCallback, useEffect, useState, type RefObject } from "react";
import { isPlain, present } from "../../core/presenting";

export interface Presenting {
  readonly on: boolean;
  readonly toggle: () => void;
  readonly leave: () => void;
}

/**
 * A Deck on all of the screen, with nothing of the console around it: by the key `f`, until Escape. Only the page itself
 * takes the key: what is in the frame could ask for the screen to look like something else.
 */
export function usePresenting(panel: RefObject<HTMLElement | null>): Presenting {
  const [on, set] = useState(false);
  const toggle = useCallback(() => set((now) => !now), []);
  const leave = useCallback(() => set(false), []);
  useEffect(() => {
    const key = (event: KeyboardEvent) => {
      if (event.defaultPrevented || document.querySelector("dialog:modal") !== null) return;
      if (event.key === "Escape") leave();
      if (event.key === "f" && isPlain(event) && isMeant(panel.current)) toggle();
    };
    window.addEventListener("keydown", key);
    return () => window.removeEventListener("keydown", key);
  }, [panel, toggle, leave]);
  useEffect(() => {
    if (!on || !panel.current) return undefined;
    return present(panel.current, leave);
  }, [on, panel, leave]);
  return { on, toggle, leave };
}

/** Of several Decks on a page the one that has the keyboard, or else the last one. */
function isMeant(panel: HTMLElement | null): boolean {
  const all = [...document.querySelectorAll('[data-feature="deck"]')];
  return panel === (all.find((each) => each.contains(document.activeElement)) ?? all.at(-1));
}
