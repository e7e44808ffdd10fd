import { useCallback, useEffect, useState, type RefObject } from "react";
import { flushSync } from "react-dom";
import { guardFrame, type AskFrame, type Misuse } from "../../core/frameGuard";

export interface Trust {
  /** Why the frame was let go; null while it is fine. */
  readonly misuse: Misuse | null;
  readonly letGo: (how: Misuse) => void;
  readonly reload: () => void;
}

/** Whether what a frame shows may go on being shown. */
export function useTrust(): Trust {
  const [misuse, setMisuse] = useState<Misuse | null>(null);
  // At once: with messages that come in by the thousand, React would get to it only when they stop.
  const letGo = useCallback((how: Misuse) => flushSync(() => setMisuse(how)), []);
  const reload = useCallback(() => setMisuse(null), []);
  return { misuse, letGo, reload };
}

/** Watch a frame, while there is one, for what it may not do to the page. `ask` stays the same from render to render. */
export function useGuard(
  frame: RefObject<HTMLIFrameElement | null>,
  { misuse, letGo }: Trust,
  ask?: AskFrame,
): void {
  useEffect(() => {
    if (misuse !== null || !frame.current) return undefined;
    return guardFrame(frame.current, letGo, ask);
  }, [frame, misuse, letGo, ask]);
}
