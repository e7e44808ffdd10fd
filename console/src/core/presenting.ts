/** A node on all of the screen, with nothing of the page around it: what a Deck in the console and a saved one have in common. */

/** Returns how to end it. `left`: the browser has ended it. */
export function present(panel: HTMLElement, left: () => void): () => void {
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

/** A key that is not text, and no shortcut of the browser's. */
export function isPlain({ target, repeat, ctrlKey, metaKey, altKey }: KeyboardEvent): boolean {
  const writes = target instanceof HTMLElement && (target.isContentEditable || target.matches("input, textarea, select"));
  return !writes && !repeat && !ctrlKey && !metaKey && !altKey;
}
