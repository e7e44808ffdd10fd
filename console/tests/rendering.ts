/** React in jsdom: everything that a change leads to has happened when `render` or `act` returns. */
import { act, type ReactNode } from "react";
import { createRoot } from "react-dom/client";
import { onTestFinished } from "vitest";

(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;

export interface Rendered {
  readonly node: HTMLElement;
  readonly render: (children: ReactNode) => void;
}

/** What is rendered is taken away at the test's end: its timers would otherwise outlive the document that they ask. */
export function rendered(children: ReactNode): Rendered {
  const node = document.createElement("div");
  document.body.replaceChildren(node);
  const root = createRoot(node, { onCaughtError: () => undefined });
  const render = (next: ReactNode) => act(() => root.render(next));
  onTestFinished(() => act(() => root.unmount()));
  render(children);
  return { node, render };
}

/** What takes a few frames has happened. */
export async function frames(): Promise<void> {
  for (let frame = 0; frame < 8; frame++) await new Promise((done) => requestAnimationFrame(done));
}
