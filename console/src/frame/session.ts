/** The frame's side of the protocol in `livedeck/admin/live/messages.py`: messages in, what is on screen out. */
import { applySegment, EMPTY, ownDocument } from "../document/apply";
import type { Look } from "../core/look";
import type { Saved } from "../core/saving";
import type { Document, Segment } from "../protocol/deck.gen";
import type { FromFrame, ToFrame } from "../protocol/live.gen";

export interface Screen {
  /** Show a document; `segment` is what it differs by from the one before, where that is known. */
  show(document: Document, segment?: Segment): void;
  theme(dark: boolean): void;
  /** Show this tab once there is one of that name. */
  tab(name: string): void;
  /** Whether the attempt is over, whatever the document says. */
  over(over: boolean): void;
  /** Show charts as the viewer has made them. */
  look(look: Look): void;
  /** Call back once what was shown last has been on screen for a frame; perhaps much later in a hidden tab. */
  whenPainted(callback: () => void): void;
}

/** Acts in the page around it do not count for a frame, those in the frames within it do. Older browsers do not say. */
function isActive(): boolean {
  return (navigator.userActivation as UserActivation | undefined)?.isActive ?? false;
}

/** The share of the memory for scripts that is taken. Only Chromium says: that of all frames in this process. */
function memoryTaken(): number {
  const { memory } = performance as Performance & { readonly memory?: { readonly usedJSHeapSize: number; readonly jsHeapSizeLimit: number } };
  return memory ? memory.usedJSHeapSize / memory.jsHeapSizeLimit : 0;
}

export class FrameSession {
  private document: Document = EMPTY;

  constructor(
    private readonly screen: Screen,
    private readonly post: (message: FromFrame) => void,
    private readonly gotMaths: (script: string) => void = () => undefined,
  ) {}

  /** The viewer chose a tab. */
  chosen(name: string): void {
    this.post({ type: "chosen", name });
  }

  /** The viewer has made something else of the charts. */
  looked({ zooms, hidden }: Look): void {
    this.post({ type: "look", zooms, hidden });
  }

  /** The viewer pressed Escape. */
  left(): void {
    this.post({ type: "leave" });
  }

  /** There is maths to be drawn: ask for the script that does it. */
  askForMaths(): void {
    this.post({ type: "maths" });
  }

  /** The viewer wants a file. */
  save({ form, text }: Saved): void {
    this.post({ type: "save", form, text });
  }

  receive(message: ToFrame): void {
    switch (message.type) {
      case "document":
        this.show(ownDocument(message.document));
        break;
      case "segment":
        this.show(applySegment(this.document, message.segment), message.segment);
        break;
      case "theme":
        this.screen.theme(message.dark);
        break;
      case "tab":
        this.screen.tab(message.name);
        break;
      case "over":
        this.screen.over(message.over);
        break;
      case "look":
        this.screen.look(message);
        break;
      case "maths":
        this.gotMaths(message.script);
        break;
      case "ping":
        this.post({ type: "pong", number: message.number, active: isActive(), memory: memoryTaken() });
        break;
      default:
        message satisfies never;
    }
  }

  private show(document: Document, segment?: Segment): void {
    this.document = document;
    this.screen.show(document, segment);
    const seq = document.seq ?? 0;
    this.post({ type: "applied", seq });
    this.screen.whenPainted(() => this.post({ type: "painted", seq }));
  }
}
