import { useEffect, useState } from "react";

/**
 * A session that lives as long as the component and its key: opened after the first paint, closed with the component.
 * Null for that first render.
 */
export function useSession<S extends { close(): void }>(key: string, open: (key: string) => S): S | null {
  const [held, setHeld] = useState<{ readonly key: string; readonly session: S } | null>(null);
  useEffect(() => {
    const session = open(key);
    // The session is an external system; holding it is what this state is for.
    // eslint-disable-next-line react-hooks/set-state-in-effect
    setHeld({ key, session });
    return () => session.close();
  }, [key, open]);
  return held?.key === key ? held.session : null;
}
