import type { Misuse } from "../../core/frameGuard";
import { Button } from "../../ui/Button";
import { Empty } from "../../ui/Empty";

const WORDS: Readonly<Record<Misuse, string>> = {
  messages: "A script in it sent messages without end, which would have frozen this page.",
  focus: "A script in it kept taking the keyboard away from this page.",
  history: "A script in it kept adding steps to the browser’s history, so that Back would not have led back.",
  silence: "It no longer answers: a script in it runs without end, or has taken all memory.",
  memory: "It takes more and more memory, and has nearly all that the browser gives it.",
};

/** In place of a frame that was let go. */
export function StoppedFrame({ misuse, onReload }: { readonly misuse: Misuse; readonly onReload: () => void }) {
  return (
    <div className="deck-stopped" role="alert">
      <Empty icon="warning" title="This Deck was stopped">
        <p>{WORDS[misuse]}</p>
        <Button onClick={onReload}>Load it again</Button>
      </Empty>
    </div>
  );
}
