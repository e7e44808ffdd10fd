/**
 * A page of Decks and nothing else: of a shared link, or of a folder that `livedeck view` shows. What to show stands in
 * its meta tags, which the server writes: one Deck, or where to ask for a list of them.
 */
import { QueryClient, QueryClientProvider, useQuery } from "@tanstack/react-query";
import { StrictMode, useState } from "react";
import { createRoot } from "react-dom/client";
import { ThemeButton } from "./app/ThemeButton";
import "./app/app.css";
import { ThemeProvider } from "./bindings/theme";
import { useTitle } from "./bindings/useTitle";
import { UNTOUCHED_DECK } from "./core/routes";
import { ThemeSetting } from "./core/theme";
import type { Seen } from "./features/deck/DeckFrame";
import { DeckPanel } from "./features/deck/DeckPanel";
import { Empty } from "./ui/Empty";
import { ErrorBoundary } from "./ui/ErrorBoundary";
import "./ui/tokens.css";
import "./ui/base.css";

const meta = (name: string): string | null =>
  document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content ?? null;

/** What is chosen stands in the address, so that it can be kept and passed on. */
function remember(chosen: Readonly<Record<string, string | null>>): void {
  const address = new URL(window.location.href);
  for (const [name, value] of Object.entries(chosen)) {
    if (value === null) address.searchParams.delete(name);
    else address.searchParams.set(name, value);
  }
  window.history.replaceState(window.history.state, "", address);
}

const asked = (name: string): string | null => new URLSearchParams(window.location.search).get(name);

interface ListedDeck {
  readonly name: string;
  readonly stream: string;
  readonly raw: string;
}

/** A folder's Decks; those that come while it is looked at, too. */
function useDecks(): readonly ListedDeck[] {
  const list = meta("livedeck-decks");
  const stream = meta("livedeck-stream");
  const raw = meta("livedeck-raw");
  const found = useQuery({
    queryKey: ["decks", list],
    queryFn: async () => {
      const response = await fetch(list ?? "");
      if (!response.ok) throw new Error(`the list of Decks cannot be had: ${response.status}`);
      return (await response.json()) as ListedDeck[];
    },
    enabled: list !== null,
    refetchInterval: 1000,
  });
  if (list !== null) return found.data ?? [];
  return stream && raw ? [{ name: meta("livedeck-title") ?? "Deck", stream, raw }] : [];
}

function Viewer() {
  const decks = useDecks();
  const [chosen, choose] = useState(asked("deck"));
  const [seen, see] = useState<Seen>({ tab: asked("tab"), zoom: asked("zoom"), hide: asked("hide") });
  const change = (changes: Partial<Seen>) => {
    see({ ...seen, ...changes });
    remember({ ...changes });
  };
  const ofFolder = meta("livedeck-decks") !== null;
  // Until the viewer chooses, the newest: of a run, the node that has begun last.
  const deck = decks.find(({ name }) => name === chosen) ?? decks.at(-1);
  useTitle(deck?.name ?? "", null);
  return (
    <div className="viewer">
      <header className="top-bar">
        <strong className="brand">livedeck</strong>
        <h1 className="viewer-title">{meta("livedeck-title")}</h1>
        {decks.length > 1 && (
          <select
            className="top-bar-select"
            aria-label="Deck"
            value={deck?.name}
            onChange={({ target }) => {
              choose(target.value);
              see(UNTOUCHED_DECK);
              remember({ deck: target.value, ...UNTOUCHED_DECK });
            }}
          >
            {decks.toReversed().map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        )}
        <div className="top-bar-end">
          <ThemeButton />
        </div>
      </header>
      <main className="viewer-body">
        {deck ? (
          <ErrorBoundary key={deck.stream} what="The Deck">
            <DeckPanel streamUrl={deck.stream} rawUrl={() => deck.raw} share={null} choosing={{ seen, choose: change }} />
          </ErrorBoundary>
        ) : ofFolder ? (
          <Empty icon="deck" title="No Deck yet">
            It appears here as soon as there is one.
          </Empty>
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
