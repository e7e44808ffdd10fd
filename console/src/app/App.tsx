import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { Suspense, useEffect, useLayoutEffect } from "react";
import { RouterProvider, useRouter } from "../bindings/router";
import { ThemeProvider } from "../bindings/theme";
import { setTitle } from "../bindings/useTitle";
import type { Route } from "../core/routes";
import type { ThemeSetting } from "../core/theme";
import { ErrorBoundary } from "../ui/ErrorBoundary";
import { Skeleton } from "../ui/Skeleton";
import "./app.css";
import { pageOf, restoredPageOf, preloadPages } from "./routes";
import { TopBar } from "./TopBar";

const queries = new QueryClient({ defaultOptions: { queries: { refetchOnWindowFocus: false, retry: 2 } } });

/** Milliseconds after which the code of pages that nobody has gone to yet is loaded. */
const PRELOAD_AFTER = 2000;

export function App({ theme }: { readonly theme: ThemeSetting }) {
  useEffect(() => {
    const timer = setTimeout(preloadPages, PRELOAD_AFTER);
    return () => clearTimeout(timer);
  }, []);
  return (
    <QueryClientProvider client={queries}>
      <ThemeProvider setting={theme}>
        <RouterProvider restoredPageOf={restoredPageOf}>
          <div className="app">
            <TopBar />
            <main className="app-page" data-scrolls="page">
              <GuardedPage />
            </main>
          </div>
        </RouterProvider>
      </ThemeProvider>
    </QueryClientProvider>
  );
}

function GuardedPage() {
  const { route } = useRouter();
  return (
    <ErrorBoundary page what="This page" about={route}>
      <RoutePage key={restoredPageOf(route).identity} route={route} />
    </ErrorBoundary>
  );
}

function RoutePage({ route }: { readonly route: Route }) {
  const { Page, title } = pageOf(route);
  const words = title(route);
  // Before the effects of the page, whose own title says how what it shows stands.
  useLayoutEffect(() => setTitle(words), [words]);
  return (
    <Suspense fallback={<Skeleton page label="Loading the page" lines={8} />}>
      <Page route={route} />
    </Suspense>
  );
}
