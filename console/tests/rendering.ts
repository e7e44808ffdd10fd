/** React in jsdom: everything that a change leads to has happened when `render` or `act` returns. */
import { act, type ReactNode } from "react";
import { createRoot } from "react-dom/client";

(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;

export interface Rendered {
  readonly node: HTMLElement;
  readonly render: (children: ReactNode) => void;
}

export function rendered(children: ReactNode): Rendered {
  const node = document.createElement("div");
  document.body.replaceChildren(node);
  const root = createRoot(node, { onCaughtError: () => undefined });
  const render = (next: ReactNode) => act(() => root.render(next));
  render(children);
  return { node, render };
}
