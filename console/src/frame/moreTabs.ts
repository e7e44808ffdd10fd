/** Tabs that a strip has no room for: their number, and a list to choose from. A select, so it works as one does everywhere. */

const WITHOUT_END = { left: -Infinity, right: Infinity };

export class MoreTabs {
  readonly node = document.createElement("select");
  private readonly count = new Option("", "", true, true);
  private names: readonly string[] = [];
  private due = false;
  /** The tab that was brought last: it stays in sight when the room changes. */
  private brought: HTMLElement | null = null;

  constructor(
    private readonly list: HTMLElement,
    choose: (name: string) => void,
  ) {
    this.node.className = "ld-more";
    this.node.setAttribute("aria-label", "More tabs");
    this.node.hidden = true;
    this.count.hidden = true;
    this.node.append(this.count);
    this.node.addEventListener("change", () => {
      const name = this.names[Number(this.node.value)];
      if (!this.used) this.count.selected = true;
      if (name !== undefined) choose(name);
    });
    this.node.addEventListener("pointerdown", () => this.begin());
    this.node.addEventListener("blur", () => this.begin());
    list.addEventListener("scroll", () => this.measureSoon(), { passive: true });
    if ("ResizeObserver" in window) new ResizeObserver(() => this.resized()).observe(list);
  }

  update(names: readonly string[]): void {
    if (names.length === this.names.length && names.every((name, index) => name === this.names[index])) return;
    this.names = names;
    this.node.replaceChildren(this.count, ...names.map((name, index) => new Option(name, String(index))));
    this.count.selected = true;
    this.measureSoon();
  }

  /** Scroll a tab to where it is seen, with something of its neighbours. */
  bring(tab: HTMLElement): void {
    this.brought = tab;
    requestAnimationFrame(() => {
      const { offsetLeft: left, offsetWidth: width } = tab;
      const { scrollLeft, clientWidth } = this.list;
      const start = left - this.list.offsetLeft;
      const aside = Math.max(0, Math.min(48, (clientWidth - width) / 2));
      if (start - aside < scrollLeft) this.list.scrollLeft = start - aside;
      else if (start + width + aside > scrollLeft + clientWidth) this.list.scrollLeft = start + width + aside - clientWidth;
    });
  }

  /** Whether the keyboard walks through the list: then it stays as it is, however the tabs are scrolled by that. */
  private get used(): boolean {
    return document.activeElement === this.node;
  }

  private begin(): void {
    this.count.selected = true;
    this.measure(false);
  }

  private resized(): void {
    if (this.brought) this.bring(this.brought);
    this.measureSoon();
  }

  private measureSoon(): void {
    if (this.due) return;
    this.due = true;
    requestAnimationFrame(() => {
      this.due = false;
      this.measure(this.used);
    });
  }

  private measure(used: boolean): void {
    const boxes = [...this.list.children].map((tab) => tab.getBoundingClientRect());
    const { left, right } = this.fits(boxes) ? WITHOUT_END : this.list.getBoundingClientRect();
    const before = boxes.map((box) => box.left < left - 1);
    const behind = boxes.map((box) => box.right > right + 1);
    const away = boxes.map((_, index) => before[index] === true || behind[index] === true);
    if (!used) [...this.node.options].slice(1).forEach((option, index) => (option.hidden = away[index] !== true));
    this.list.toggleAttribute("data-before", before.includes(true));
    this.list.toggleAttribute("data-behind", behind.includes(true));
    const many = away.filter(Boolean).length;
    this.node.hidden = many === 0 && !used;
    this.count.text = `${many} more`;
  }

  /** Whether there is room for all tabs where this is not: what it takes itself is no reason for it to stay. */
  private fits(boxes: readonly DOMRect[]): boolean {
    const room = this.list.parentElement?.clientWidth ?? 0;
    const [first, last] = [boxes[0], boxes.at(-1)];
    return first === undefined || last === undefined || last.right - first.left <= room + 1;
  }
}
