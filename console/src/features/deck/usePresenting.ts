import { useCallback, useEffect, useState, type RefObject } from "react";

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

/** Returns how to end it. `left`: the browser has ended it. */
function present(panel: HTMLElement, left: () => void): () => void {
  const passed = aroundOf(panel).filter((node) => !node.inert);
  for (const node of passed) node.inert = true;
  let over = false;
  const exit = () => {
    if (document.fullscreenElement === panel) void document.exitFullscreen();
  };
  const changed = () => {
    if (document.fullscreenElement === null) left();
    else if (over) exit();
  };
  document.addEventListener("fullscreenchange", changed);
  // Where the browser does not give the screen, the Deck has all of the page.
  if (document.fullscreenEnabled) panel.requestFullscreen().catch(() => undefined);
  return () => {
    over = true;
    document.removeEventListener("fullscreenchange", changed);
    for (const node of passed) node.inert = false;
    exit();
  };
}

/** All that is on the page beside a node and what it is in. */
function aroundOf(node: HTMLElement): HTMLElement[] {
  const parent = node.parentElement;
  if (!parent) return [];
  const beside = [...parent.children].filter((each): each is HTMLElement => each !== node && each instanceof HTMLElement);
  return [...beside, ...aroundOf(parent)];
}

/** Of several Decks on a page the one that has the keyboard, or else the last one. */
function isMeant(panel: HTMLElement | null): boolean {
  const all = [...document.querySelectorAll('[data-feature="deck"]')];
  return panel === (all.find((each) => each.contains(document.activeElement)) ?? all.at(-1));
}

/** A key that is not text, and no shortcut of the browser's. */
function isPlain({ target, repeat, ctrlKey, metaKey, altKey }: KeyboardEvent): boolean {
  const writes = target instanceof HTMLElement && (target.isContentEditable || target.matches("input, textarea, select"));
  return !writes && !repeat && !ctrlKey && !metaKey && !altKey;
}
