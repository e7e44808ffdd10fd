/**
 * A figure: a picture, or what a JavaScript library draws. The next one takes the place of the one on screen when it stands,
 * so that nothing flickers; a library that can turns the drawing into the next one.
 */
import type { Figure } from "../../protocol/deck.gen";
import { child, elementNode, setText } from "../dom";
import { errorNode } from "../failed";
import type { ElementView, Viewing } from "../kind";
import { DRAWERS, type Drawer, type Drawn } from "./drawers";

export class FigureView implements ElementView<Figure> {
  readonly kind = "figure";
  readonly node = elementNode("figure");
  private readonly title = child(this.node, "h3", "ld-figure-title");
  private readonly place = child(this.node, "div", "ld-figure-place");
  private readonly note = child(this.node, "p", "ld-figure-note");
  private newest: Figure | null = null;
  private shown: Figure | null = null;
  private drawing = false;
  private content: HTMLElement | null = null;
  private release: Drawn = () => undefined;
  private gone = false;

  update(next: Figure): void {
    this.newest = next;
    setText(this.title, next.title ?? "");
    this.title.hidden = !next.title;
    this.say(next.note ?? "");
    if (!this.drawing) void this.drawNewest();
  }

  destroy(): void {
    this.gone = true;
    document.removeEventListener("livedeck:settled", this.again);
    this.release();
  }

  private readonly again = (): void => {
    if (!this.drawing) void this.drawNewest();
  };

  private say(note: string): void {
    setText(this.note, note);
    this.note.hidden = note === "";
  }

  private async drawNewest(): Promise<void> {
    this.drawing = true;
    while (this.newest && this.newest !== this.shown && !this.gone) {
      const next = this.newest;
      if (next.library && !this.isReady(next.library)) break;
      const before = this.shown;
      this.shown = next;
      try {
        await this.draw(next, before);
      } catch (error) {
        this.put(errorNode("Its library did not draw this figure", error), () => undefined);
        this.content = null; // the next one is not drawn into that
      }
    }
    this.drawing = false;
  }

  /** A library may stand behind its figure, or come later: the tab says when all that it has has run. */
  private isReady(library: string): boolean {
    const drawer = DRAWERS.get(library);
    if (drawer === undefined || drawer.ready()) return true;
    this.say("The library that draws this figure is not in the Deck.");
    document.addEventListener("livedeck:settled", this.again, { once: true });
    return false;
  }

  private async draw(next: Figure, before: Figure | null): Promise<void> {
    this.say(next.note ?? "");
    const { library = "", spec = "", src = "" } = next;
    if (before && same(next, before)) return;
    if (library !== "") await this.drawBy(library, spec, before);
    else if (src.startsWith("data:image/")) await this.drawPicture(next);
    else this.put(null, () => undefined);
  }

  private async drawBy(library: string, spec: string, before: Figure | null): Promise<void> {
    const drawer = DRAWERS.get(library);
    if (drawer === undefined) throw new Error("This page does not know its library yet: load it again.");
    const content = drawer.keeps && before?.library === library ? this.content : null;
    if (content) {
      this.release = await drawer.draw(content, spec);
      return;
    }
    await this.drawBehind(drawer, spec);
  }

  private async drawBehind(drawer: Drawer, spec: string): Promise<void> {
    const content = document.createElement("div");
    content.className = "ld-figure-drawing ld-figure-behind";
    this.place.append(content);
    try {
      this.put(content, await drawer.draw(content, spec));
    } catch (error) {
      content.remove();
      throw error;
    }
  }

  private async drawPicture({ src = "", title = "", width = 0 }: Figure): Promise<void> {
    const picture = document.createElement("img");
    picture.alt = title;
    picture.src = src;
    if (width > 0) picture.width = width;
    await picture.decode().catch(() => undefined); // one that is broken is shown as such
    this.put(picture, () => undefined);
  }

  private put(content: HTMLElement | null, release: Drawn): void {
    if (this.gone) {
      release();
      return;
    }
    this.release();
    this.release = release;
    content?.classList.remove("ld-figure-behind");
    this.place.replaceChildren(...(content ? [content] : []));
    this.content = content;
  }
}

function same(next: Figure, before: Figure): boolean {
  const parts = (figure: Figure) => [figure.library ?? "", figure.spec ?? "", figure.src ?? "", figure.width ?? 0];
  return parts(next).every((part, index) => part === parts(before)[index]);
}

export const viewing: Viewing<Figure> = {
  View: FigureView,
  actsOnTab: ({ library = "" }) => library !== "",
  needs: ({ library = "" }) => library,
};
