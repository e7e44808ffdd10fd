/**
 * Which connection a page's streams go over. A browser allows six to a host, for all its tabs together, and calls need
 * some of them. So the first pages have one each; all further ones share one, which a worker of the browser's keeps.
 */
import { Multiplexer, type Fetch } from "./multiplexer";
import { OWN_CONNECTIONS } from "./streamsBroker";
import { WorkerStreams } from "./workerStreams";

/** What is asked of the browser; tests pass their own. */
export interface Sharing {
  readonly fetch: Fetch;
  /** Takes one of so many that all pages have in common: how to give it back, or null where none is left. */
  readonly take: (of: number) => Promise<(() => void) | null>;
  /** The way to the worker; null where there is none. It calls back if the worker could not be started. */
  readonly worker: (failed: () => void) => MessagePort | null;
}

/** Where a page's streams go. */
interface Way {
  readonly fetch: Fetch;
  /** Called when there are none any more. */
  readonly leave: () => void;
}

const nothing = () => undefined;

export class PageStreams {
  private readonly own: Multiplexer;
  /** Null while there are no streams. */
  private way: Promise<Way> | null = null;
  private readonly open = new Set<AbortSignal>();
  private shared: WorkerStreams | null = null;

  constructor(private readonly browser: Sharing) {
    this.own = new Multiplexer(browser.fetch);
  }

  /** As `window.fetch`, of a path below `/live/`; who asks aborts the signal once nothing more is wanted of it. */
  readonly fetch: Fetch = async (url, init) => {
    if (init.signal) this.hold(init.signal);
    this.way ??= this.choose();
    const way = await this.way;
    init.signal?.throwIfAborted();
    return way.fetch(url, init);
  };

  private async choose(): Promise<Way> {
    const giveBack = await this.browser.take(OWN_CONNECTIONS);
    if (giveBack) return { fetch: this.own.fetch, leave: giveBack };
    const shared = (this.shared ??= this.connectToWorker());
    return { fetch: (url, init) => (shared?.works ? shared : this.own).fetch(url, init), leave: nothing };
  }

  private connectToWorker(): WorkerStreams | null {
    const port = this.browser.worker(() => this.shared?.giveUp());
    return port && new WorkerStreams(port);
  }

  private hold(signal: AbortSignal): void {
    this.open.add(signal);
    signal.addEventListener("abort", () => {
      this.open.delete(signal);
      setTimeout(() => this.leave(), 0); // one that moves or tries again is back at once
    });
  }

  private leave(): void {
    if (this.open.size > 0) return;
    void this.way?.then(({ leave }) => leave());
    this.way = null;
  }
}

/** A lock of the browser's, which is free again when its page is gone, however that came. */
async function takeLock(of: number): Promise<(() => void) | null> {
  const { locks } = navigator as { readonly locks?: LockManager }; // none where the page came over plain HTTP from elsewhere
  if (!locks) return null;
  for (let number = 0; number < of; number++) {
    const giveBack = await heldLock(locks, `livedeck-streams-${number}`);
    if (giveBack) return giveBack;
  }
  return null;
}

function heldLock(locks: LockManager, name: string): Promise<(() => void) | null> {
  return new Promise((resolve) => {
    const held = (lock: Lock | null) => (lock ? new Promise<void>((free) => resolve(free)) : resolve(null));
    locks.request(name, { ifAvailable: true }, held).catch(() => resolve(null)); // browsers may refuse to keep anything
  });
}

function startWorker(failed: () => void): MessagePort | null {
  if (!("SharedWorker" in window)) return null;
  try {
    const worker = new SharedWorker(new URL("./streams.worker.ts", import.meta.url), { type: "module", name: "livedeck-streams" });
    worker.onerror = failed;
    return worker.port;
  } catch {
    return null; // a browser may be told to let no pages share anything
  }
}

export const BROWSER_SHARING: Sharing = {
  fetch: (url, init) => window.fetch(url, init),
  take: takeLock,
  worker: startWorker,
};
