/**
 * Where the viewer was on a page that they left: how far it was scrolled, and which link had the focus. Back finds both
 * again. What scrolls are parts of the page (`data-scrolls` names them), so the browser's own memory does not help; and
 * the page's content comes later than the page, so restoring waits for it.
 */
interface Spot {
  readonly scroll: Readonly<Record<string, number>>;
  /** The address that the focused link leads to. */
  readonly focus: string | null;
}

/** Until then, in milliseconds, content may come that is long enough to be scrolled to. */
const TIMEOUT = 3000;

export class Visited {
  private stop: (() => void) | null = null;

  constructor(private readonly window: Window) {}

  /** Remember the spot, in the step of the history that is left. */
  leave(): void {
    this.stop?.();
    const { history } = this.window;
    history.replaceState({ ...(history.state as object | null), spot: this.spot() }, "");
  }

  /** Go back to the spot whenever a step of the history is come back to. Returns how to end that. */
  restoreOnBack(): () => void {
    const { window } = this;
    window.history.scrollRestoration = "manual";
    const back = ({ state }: PopStateEvent) => {
      const { spot } = (state ?? {}) as { spot?: Spot };
      this.stop?.();
      if (spot) this.restore(spot);
    };
    window.addEventListener("popstate", back);
    return () => window.removeEventListener("popstate", back);
  }

  private spot(): Spot {
    const scroll: Record<string, number> = {};
    for (const element of this.scrolling()) scroll[element.dataset["scrolls"] ?? ""] = element.scrollTop;
    const focused = this.window.document.activeElement;
    return { scroll, focus: focused instanceof HTMLAnchorElement ? focused.getAttribute("href") : null };
  }

  private scrolling(): readonly HTMLElement[] {
    return [...this.window.document.querySelectorAll<HTMLElement>("[data-scrolls]")];
  }

  /** Try with each frame, until all is as it was, the viewer moves by themselves, or it has taken too long. */
  private restore(spot: Spot): void {
    const { window } = this;
    const end = window.performance.now() + TIMEOUT;
    const stop = new AbortController();
    this.stop = () => stop.abort();
    for (const kind of ["wheel", "touchmove", "keydown", "mousedown"]) {
      window.addEventListener(kind, () => stop.abort(), { signal: stop.signal, passive: true, once: true });
    }
    const attempt = () => {
      if (stop.signal.aborted) return;
      const scrolled = this.scrollTo(spot.scroll);
      const focused = this.focus(spot.focus);
      if ((scrolled && focused) || window.performance.now() > end) stop.abort();
      else window.requestAnimationFrame(attempt);
    };
    window.requestAnimationFrame(attempt);
  }

  private scrollTo(scroll: Spot["scroll"]): boolean {
    const elements = new Map(this.scrolling().map((element) => [element.dataset["scrolls"] ?? "", element]));
    return Object.entries(scroll).every(([name, top]) => {
      const element = elements.get(name);
      if (!element) return top === 0;
      element.scrollTop = top;
      return Math.abs(element.scrollTop - top) <= 1;
    });
  }

  private focus(href: string | null): boolean {
    if (href === null) return true;
    const link = [...this.window.document.querySelectorAll("a")].find((each) => each.getAttribute("href") === href);
    link?.focus({ preventScroll: true });
    return link !== undefined;
  }
}
