/** Addresses and history, without a library: the routes themselves are in `core/routes.ts`. */
import { createContext, use, useEffect, useLayoutEffect, useMemo, useSyncExternalStore, type AnchorHTMLAttributes, type ReactNode } from "react";
import { parseRoute, type Route } from "../core/routes";
import { ScrollRestoration, type RestoredPage } from "../core/scrollRestoration";

export type { RestoredPage };

interface Router {
  readonly route: Route;
  /** Go to an address; `replace` leaves no step in the history (for what is not worth going back to). */
  readonly go: (to: string, options?: { readonly replace?: boolean }) => void;
}

const RouterContext = createContext<Router | null>(null);
const MOVED = "livedeck:moved";

function subscribe(listener: () => void): () => void {
  window.addEventListener("popstate", listener);
  window.addEventListener(MOVED, listener);
  return () => {
    window.removeEventListener("popstate", listener);
    window.removeEventListener(MOVED, listener);
  };
}

const here = () => window.location.pathname + window.location.search;

function go(to: string, { replace = false }: { readonly replace?: boolean } = {}): void {
  if (to === here()) return;
  if (replace) window.history.replaceState(window.history.state, "", to);
  else {
    SCROLL_RESTORATION.leave();
    window.history.pushState(null, "", to);
  }
  window.dispatchEvent(new Event(MOVED));
}

const SCROLL_RESTORATION = new ScrollRestoration(window);

interface RouterProviderProps {
  readonly restoredPageOf: (route: Route) => RestoredPage;
  readonly children: ReactNode;
}

export function RouterProvider({ restoredPageOf, children }: RouterProviderProps) {
  const address = useSyncExternalStore(subscribe, here);
  useEffect(() => SCROLL_RESTORATION.restoreOnBack(), []);
  const router = useMemo<Router>(() => {
    const [path = "", search = ""] = address.split("?");
    return { route: parseRoute(path, search), go };
  }, [address]);
  useLayoutEffect(() => SCROLL_RESTORATION.show(restoredPageOf(router.route)), [restoredPageOf, router]);
  return <RouterContext value={router}>{children}</RouterContext>;
}

export function useRouter(): Router {
  const router = use(RouterContext);
  if (!router) throw new Error("useRouter outside of RouterProvider");
  return router;
}

/** A link that stays within the page, unless the viewer asks for a new tab. */
export function Link({ href, onClick, ...rest }: AnchorHTMLAttributes<HTMLAnchorElement> & { readonly href: string }) {
  return (
    <a
      {...rest}
      href={href}
      onClick={(event) => {
        onClick?.(event);
        const elsewhere = event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || event.button !== 0;
        if (elsewhere || event.defaultPrevented) return;
        event.preventDefault();
        go(href);
      }}
    />
  );
}
