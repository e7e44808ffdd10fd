import { useDeferredValue, useMemo, useState } from "react";
import { useReadable } from "../../bindings/useReadable";
import { useSession } from "../../bindings/useSession";
import { isLost } from "../../core/liveStream";
import { LogSession, type LogView } from "../../core/logSession";
import { formatNumber } from "../../core/numerals";
import { Button } from "../../ui/Button";
import { RefusedBanner } from "../../ui/ConnectionBanner";
import { Empty } from "../../ui/Empty";
import { Skeleton } from "../../ui/Skeleton";
import { SearchField, Toolbar } from "../../ui/Toolbar";
import "./logs.css";
import { LogLines } from "./LogLines";

const open = (key: string) => new LogSession(key);

/** The output of one attempt, live. `logKey` is its place under `/live/logs/`. */
export function LogPanel({ logKey }: { readonly logKey: string }) {
  const session = useSession(logKey, open);
  return session ? <OpenLog session={session} /> : <Skeleton label="Opening the log" />;
}

function OpenLog({ session }: { readonly session: LogSession }) {
  const view = useReadable(session.view);
  const [follow, setFollow] = useState(true);
  const [find, setFind] = useState("");
  const lines = useFound(view, find);
  const over = view.stream.status === "ended";
  const lost = view.lines.length > 0 && view.stream.status !== "refused" && isLost(view.stream.status);
  return (
    <section data-feature="logs" aria-label="Log">
      {(view.lines.length > 0 || !over) && (
        <Toolbar label="Log">
          <SearchField label="Show lines with" placeholder="Show lines with …" value={find} onChange={setFind} />
          <span className="log-count" role="status">
            {lost ? "Reconnecting …" : countWords(view, lines, find)}
          </span>
          {!over && (
            <Button look={follow ? "plain" : "quiet"} aria-pressed={follow} onClick={() => setFollow(!follow)}>
              {follow ? "Following" : "Follow"}
            </Button>
          )}
        </Toolbar>
      )}
      <div className="log-banners">
        <RefusedBanner stream={view.stream} />
      </div>
      {view.lines.length > 0 ? (
        <LogLines lines={lines} follow={follow} onFollow={setFollow} />
      ) : (
        <NoLines status={view.stream.status} />
      )}
    </section>
  );
}

function NoLines({ status }: { readonly status: LogView["stream"]["status"] }) {
  if (status === "connecting") return <Skeleton label="Opening the log" lines={6} />;
  if (status === "ended") return <Empty icon="clock" title="The task printed nothing" />;
  return (
    <Empty icon="clock" title="No output yet">
      What the task prints appears here as it happens.
    </Empty>
  );
}

function useFound(view: LogView, find: string): readonly string[] {
  const wanted = useDeferredValue(find.toLowerCase());
  // The lines grow in place: it is the view that is new each time.
  return useMemo(
    () => (wanted === "" ? view.lines : view.lines.filter((line) => line.toLowerCase().includes(wanted))),
    [view, wanted],
  );
}

function countWords(view: LogView, found: readonly string[], find: string): string {
  const total = formatNumber(view.lines.length + view.dropped);
  if (find !== "") return `${formatNumber(found.length)} of ${total} lines`;
  return view.dropped > 0 ? `${total} lines, the first ${formatNumber(view.dropped)} left out` : `${total} lines`;
}
