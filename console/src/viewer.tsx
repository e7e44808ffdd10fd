/** The page of a shared link: one Deck and nothing else. What to show stands in its meta tags, which the server writes. */
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { ThemeButton } from "./app/ThemeButton";
import "./app/app.css";
import { ThemeProvider } from "./bindings/theme";
import { ThemeSetting } from "./core/theme";
import { DeckPanel } from "./features/deck/DeckPanel";
import { Empty } from "./ui/Empty";
import { ErrorBoundary } from "./ui/ErrorBoundary";
import "./ui/tokens.css";
import "./ui/base.css";

const meta = (name: string): string | null =>
  document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content ?? null;

function Viewer() {
  const stream = meta("livedeck-stream");
  const raw = meta("livedeck-raw");
  return (
    <div className="viewer">
      <header className="top-bar">
        <strong className="brand">livedeck</strong>
        <span className="viewer-title">{meta("livedeck-title")}</span>
        <div className="top-bar-end">
          <ThemeButton />
        </div>
      </header>
      <main className="viewer-body">
        {stream && raw ? (
          <ErrorBoundary what="The Deck">
            <DeckPanel streamUrl={stream} rawUrl={() => raw} share={null} />
          </ErrorBoundary>
        ) : (
          <Empty icon="deck" title="No Deck to show">
            The link may have expired. Ask for a new one.
          </Empty>
        )}
      </main>
    </div>
  );
}

const root = document.getElementById("root");
if (!root) throw new Error("the page has no #root");
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={new QueryClient()}>
      <ThemeProvider setting={new ThemeSetting(window.localStorage)}>
        <Viewer />
      </ThemeProvider>
    </QueryClientProvider>
  </StrictMode>,
);
