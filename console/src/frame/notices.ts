/** What documents within the frame have to say to their viewer (`livedeck/deck/guards.js`), and where it is shown. */
import { child, setText } from "../elements/dom";
import type { LinkNote } from "./links";

const MOST_HOSTS = 5;
const LONGEST_HOST = 100;

/** Says on a tab which hosts it asked for in vain. */
export class BlockedNote {
  readonly node = document.createElement("div");
  private readonly words: HTMLElement;
  private readonly hosts = new Set<string>();
  private more = false;

  constructor() {
    this.node.className = "ld-notice ld-blocked";
    this.node.setAttribute("role", "status");
    this.node.hidden = true;
    this.words = child(this.node, "p", "ld-blocked-words");
  }

  add(host: string): void {
    if (this.hosts.has(host)) return;
    if (this.hosts.size < MOST_HOSTS) this.hosts.add(host.slice(0, LONGEST_HOST));
    else this.more = true;
    this.node.hidden = false;
    setText(
      this.words,
      `This tab asked for something from ${listed([...this.hosts], this.more)} and did not get it: a Deck has no access to ` +
        "the network. What it shows has to be in its HTML: scripts and styles inline, pictures and fonts as data: URIs.",
    );
  }
}

function listed(hosts: readonly string[], more: boolean): string {
  const all = more ? [...hosts, "others"] : hosts;
  return all.length > 1 ? `${all.slice(0, -1).join(", ")} and ${all.at(-1) ?? ""}` : (all[0] ?? "");
}

export interface NoticeTarget {
  /** `at`: where it was asked for; null where that was not on the page yet. */
  blocked(host: string, at: Element | null): void;
}

/** Takes notices of this document and of those in frames within it. */
export class Notices {
  constructor(
    private readonly target: NoticeTarget,
    private readonly links: LinkNote,
    /** Whether a link may be opened from here: not from a sandbox. */
    private readonly free: boolean,
  ) {}

  watch(): void {
    window.addEventListener("message", ({ source, data }: MessageEvent<unknown>) => {
      if (source === window || source === window.parent) return;
      const frame = [...document.querySelectorAll("iframe")].find((one) => one.contentWindow === source);
      if (frame) this.take(data, frame);
    });
    document.addEventListener("livedeck:notice", ({ target, detail }: Event & { detail?: unknown }) => {
      this.take(detail, target instanceof Element ? target : null);
    });
  }

  /** A notice (anything at all: the Deck's scripts may send what they like), and where in this document it is from. */
  private take(notice: unknown, at: Element | null): void {
    if (typeof notice !== "object" || notice === null || !("type" in notice)) return;
    if (notice.type === "livedeck:link" && "address" in notice && typeof notice.address === "string") {
      this.follow(notice.address);
    } else if (notice.type === "livedeck:blocked" && "host" in notice && typeof notice.host === "string") {
      this.target.blocked(notice.host, at);
    }
  }

  private follow(address: string): void {
    if (this.free && /^(https?|mailto):/i.test(address)) window.open(address, "_blank", "noopener");
    else this.links.show(address);
  }
}
