/** Elements ask to be kept in sight while their tab scrolls, and are told whether they are. */

const PIN = "livedeck:pin";
const PINNED = "livedeck:pinned";

export function askToPin(node: HTMLElement): void {
  node.dispatchEvent(new Event(PIN, { bubbles: true }));
}

/** `pin` is called with the id of an element within a node that asks for it. */
export function onPin(node: HTMLElement, pin: (id: string) => void): void {
  node.addEventListener(PIN, ({ target }) => {
    const id = target instanceof HTMLElement ? target.dataset["element"] : undefined;
    if (id !== undefined) pin(id);
  });
}

export function tellPinned(node: HTMLElement, detail: boolean): void {
  node.dispatchEvent(new CustomEvent(PINNED, { detail }));
}

export function onPinned(node: HTMLElement, told: (pinned: boolean) => void): void {
  node.addEventListener(PINNED, ({ detail }: Event & { detail?: unknown }) => told(detail === true));
}
