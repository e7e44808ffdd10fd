/**
 * Where the viewer was on a page that they left: how far it was scrolled, and which link had the focus. Back finds both
 * again. What scrolls are parts of the page (`data-scrolls` names them), so the browser's own memory does not help; and
 * the page's content comes later than the page, so restoring waits for it.
 */
interface Position {
  readonly scroll: Readonly<Record<string, number>>;
  /** The address that the focused link leads to. */
  readonly focus: string | null;
}

/** What of a page is restored. */
export interface RestoredPage {
  /** Another one: another page. */
  readonly identity: string;
  /** What gets the focus when a viewer comes to the page, if what had it is gone: a CSS selector; null: nothing. */
  readonly focus: string | null;
  /** Names of what scrolls (`data-scrolls`): at its top when a viewer comes to the page, where it was after Back. */
  readonly scrolls: readonly string[];
}

/** Until then, in milliseconds, content may come that is long enough to be scrolled to. */
const TIMEOUT = 3000;

export class ScrollRestoration {
  private stop: (() => void) | null = null;
  private page: RestoredPage | null = null;

  constructor(private readonly window: Window) {}

  /** Remember the position, in the step of the history that is left. */
  leave(): void {
    this.stop?.();
    const { history } = this.window;
    history.replaceState({ ...(history.state as object | null), position: this.position() }, "");
  }

  /** Another address is shown. Its page, if that is another one, begins at its top and with its own focus, but after Back. */
  show(page: RestoredPage): void {
    const before = this.page;
    this.page = page;
    const { position } = (this.window.history.state ?? {}) as { position?: Position };
    if (before === null || before.identity === page.identity || position) return;
    this.stop?.();
    const top = Object.fromEntries(page.scrolls.map((name) => [name, 0]));
    this.when(() => this.scrollTo(top) && this.focusFirst(page.focus));
  }

  /** Go back to the position whenever a step of the history is come back to. Returns how to end that. */
  restoreOnBack(): () => void {
    const { window } = this;
    window.history.scrollRestoration = "manual";
    const back = ({ state }: PopStateEvent) => {
      const { position } = (state ?? {}) as { position?: Position };
      this.stop?.();
      if (position) this.restore(position);
    };
    window.addEventListener("popstate", back);
    return () => window.removeEventListener("popstate", back);
  }

  private position(): Position {
    const scroll: Record<string, number> = {};
    for (const [name, element] of this.scrolling()) scroll[name] = element.scrollTop;
    const focused = this.window.document.activeElement;
    return { scroll, focus: focused instanceof HTMLAnchorElement ? focused.getAttribute("href") : null };
  }

  /** What scrolls of the page that is shown, by name. */
  private scrolling(): ReadonlyMap<string, HTMLElement> {
    const elements = [...this.window.document.querySelectorAll<HTMLElement>("[data-scrolls]")];
    const named = elements.map((element) => [element.dataset["scrolls"] ?? "", element] as const);
    return new Map(named.filter(([name]) => this.page?.scrolls.includes(name)));
  }

  private restore({ scroll, focus }: Position): void {
    this.when(() => {
      const scrolled = this.scrollTo(scroll);
      return this.focusLink(focus) && scrolled;
    });
  }

  /** Try with each frame, until it is done, the viewer moves by themselves, or it has taken too long. */
  private when(done: () => boolean): void {
    const { window } = this;
    const end = window.performance.now() + TIMEOUT;
    const stop = new AbortController();
    this.stop = () => stop.abort();
    for (const kind of ["wheel", "touchmove", "keydown", "mousedown"]) {
      window.addEventListener(kind, () => stop.abort(), { signal: stop.signal, passive: true, once: true });
    }
    const attempt = () => {
      if (stop.signal.aborted) return;
      if (done() || window.performance.now() > end) stop.abort();
      else window.requestAnimationFrame(attempt);
    };
    window.requestAnimationFrame(attempt);
  }

  private scrollTo(scroll: Position["scroll"]): boolean {
    const elements = this.scrolling();
    return Object.entries(scroll).every(([name, top]) => {
      const element = elements.get(name);
      if (!element) return top === 0;
      element.scrollTop = top;
      return Math.abs(element.scrollTop - top) <= 1;
    });
  }

  private focusFirst(selector: string | null): boolean {
    const { document } = this.window;
    if (selector === null || document.activeElement !== document.body) return true;
    const element = document.querySelector<HTMLElement>(selector);
    if (!element) return false;
    element.tabIndex = -1;
    element.focus({ preventScroll: true });
    return true;
  }

  private focusLink(href: string | null): boolean {
    if (href === null) return true;
    const link = [...this.window.document.querySelectorAll("a")].find((each) => each.getAttribute("href") === href);
    link?.focus({ preventScroll: true });
    return link !== undefined;
  }
}
