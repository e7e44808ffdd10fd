/** The boxes that neighbours share, and those of groups that were found by names: kept from one update to the next. */
import type { Run } from "../document/arrangement";
import { child, setText } from "../elements/dom";

/** A group that was found: what can be folded, and where its elements stand. */
interface Found {
  readonly node: HTMLDetailsElement;
  readonly title: HTMLElement;
  readonly count: HTMLElement;
  readonly inside: HTMLElement;
}

export class Boxes {
  /** By the nodes that they stand in, and what they are told apart by. */
  private readonly found = new WeakMap<HTMLElement, Map<string, Found>>();

  /** Put runs into a node in order, moving nothing that is in its place already. */
  place(parent: HTMLElement, runs: readonly Run[], nodesOf: (run: Run) => HTMLElement[]): void {
    const nodes = runs.flatMap((run) => {
      const inside = nodesOf(run);
      if (inside.length === 0) return [];
      if (run.title !== "") return this.foundOf(parent, run, inside);
      return run.group === "" ? inside : boxed(groupOf(parent, run.group, inside), inside);
    });
    order(parent, nodes);
  }

  private foundOf(parent: HTMLElement, { group, key, title, placed }: Run, nodes: readonly HTMLElement[]): HTMLElement {
    const known = this.found.get(parent) ?? new Map<string, Found>();
    this.found.set(parent, known);
    const name = JSON.stringify([group, key]);
    const box = known.get(name) ?? makeFound(group);
    known.set(name, box);
    setText(box.title, title);
    setText(box.count, String(placed.length));
    order(box.inside, nodes);
    return box.node;
  }
}

function makeFound(group: string): Found {
  const node = document.createElement("details");
  node.className = "ld-section";
  node.open = true;
  const summary = child(node, "summary", "");
  const title = child(child(summary, "h2", ""), "bdi", "");
  const count = child(summary, "span", "ld-count");
  return { node, title, count, inside: child(node, "div", group) };
}

function boxed(group: HTMLElement, nodes: readonly HTMLElement[]): HTMLElement {
  order(group, nodes);
  return group;
}

/** The group that holds the first of these nodes already, or a new one. */
function groupOf(parent: HTMLElement, className: string, nodes: readonly HTMLElement[]): HTMLElement {
  const held = nodes.find((node) => node.parentElement !== parent)?.parentElement;
  if (held?.parentElement === parent && held.className === className && held.firstElementChild === nodes[0]) return held;
  const group = document.createElement("div");
  group.className = className;
  return group;
}

/** Make these the children of a node, moving none that is in its place already. */
export function order(parent: HTMLElement, nodes: readonly HTMLElement[]): void {
  nodes.forEach((node, index) => {
    const there = parent.children.item(index);
    if (there !== node) parent.insertBefore(node, there);
  });
  while (parent.children.length > nodes.length) parent.lastElementChild?.remove();
}
