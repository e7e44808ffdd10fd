import { useSyncExternalStore } from "react";
import type { Readable } from "../core/observable";

/** A store's value; the component renders again when it changes. */
export function useReadable<T>(readable: Readable<T>): T {
  return useSyncExternalStore(readable.subscribe, readable.get);
}
