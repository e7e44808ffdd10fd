/** Whether nothing more will be known of what is shown: then nothing of it is shown as going on. */
import { createContext, use } from "react";
import { lastKnown, type PhaseLook } from "../core/phases";

export const LastKnownContext = createContext(false);

/** How a phase looks there. */
export function usePhaseLook(look: PhaseLook): PhaseLook {
  return use(LastKnownContext) ? lastKnown(look) : look;
}
