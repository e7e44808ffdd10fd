/**
 * The console's pages: for each its code, its title, and where focus and scroll begin and are found again. Addresses are in
 * `core/routes.ts`. To add a page: its route there, its line here.
 */
import { lazy, type ComponentType } from "react";
import type { RestoredPage } from "../bindings/router";
import { words } from "../core/bidi";
import type { Route } from "../core/routes";

type Page<R extends Route> = ComponentType<{ readonly route: R }>;

interface RoutePage<R extends Route> {
  /** What is shown. Its code is a file of its own, loaded when somebody goes there. */
  readonly load: () => Promise<{ readonly default: Page<R> }>;
  /** Of the document, until the page itself knows more (`useTitle`). */
  readonly title: (route: R) => string;
  /** What the page is about: with another one it is made anew. Addresses that share it are views of one page. */
  readonly about: (route: R) => string;
  /** Gets the focus when a viewer comes here, if what had it is gone; null: nothing does. A CSS selector. */
  readonly focus: string | null;
  /** Parts that scroll (`data-scrolls`): at their top for a viewer who comes here, where they were after Back. */
  readonly scrolls: readonly string[];
}

type RoutePages = { readonly [P in Route["page"]]: RoutePage<Extract<Route, { readonly page: P }>> };

/** What says where one is. While the page is on its way another stands in its place, which is not seen. */
const HEADING = "h1:not(.visually-hidden)";

export const ROUTES: RoutePages = {
  home: {
    load: () => import("./pages/Home"),
    title: () => "",
    about: () => "",
    focus: null,
    scrolls: [],
  },
  executions: {
    load: () => import("../features/executions/ExecutionsPage"),
    title: ({ project, domain }) => words`Executions of ${project} / ${domain}`,
    about: ({ project, domain }) => `${project}/${domain}`,
    focus: HEADING,
    scrolls: ["page"],
  },
  execution: {
    load: () => import("./pages/ExecutionRoutePage"),
    title: ({ name }) => name,
    about: ({ project, domain, name }) => `${project}/${domain}/${name}`,
    focus: HEADING,
    scrolls: ["run", "node"],
  },
  unknown: {
    load: () => import("./pages/NoSuchPage"),
    title: () => "No such page",
    about: () => "",
    focus: HEADING,
    scrolls: [],
  },
};

const LAZY = new Map(Object.entries(ROUTES).map(([page, { load }]) => [page, lazy(load as RoutePage<Route>["load"])]));

export function pageOf(route: Route): RoutePage<Route> & { readonly Page: Page<Route> } {
  const Page = LAZY.get(route.page);
  if (!Page) throw new Error(`there is no page of ${route.page}`);
  return { ...(ROUTES[route.page] as RoutePage<Route>), Page };
}

/** What of a page is restored, and begun anew on another one. */
export function restoredPageOf(route: Route): RestoredPage {
  const { about, focus, scrolls } = ROUTES[route.page] as RoutePage<Route>;
  return { identity: `${route.page} ${about(route)}`, focus, scrolls };
}

/** Load the code of all pages, so that going to one waits for nothing. */
export function preloadPages(): void {
  // A page that cannot be loaded now is asked for again, and says so, when somebody goes there.
  for (const { load } of Object.values(ROUTES)) load().catch(() => undefined);
}
