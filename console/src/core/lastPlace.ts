/** The project and domain looked at last, where the console opens next time. */

export interface Place {
  readonly project: string;
  readonly domain: string;
}

const KEY = "livedeck.place";
/** What a Flyte installation starts with. */
const FIRST: Place = { project: "flytesnacks", domain: "development" };

export function rememberPlace(place: Place, storage: Storage): void {
  storage.setItem(KEY, JSON.stringify([place.project, place.domain]));
}

export function lastPlace(storage: Storage): Place {
  try {
    const [project, domain] = JSON.parse(storage.getItem(KEY) ?? "[]") as unknown[];
    if (typeof project === "string" && typeof domain === "string") return { project, domain };
  } catch {
    // Something else wrote under our key: begin where everybody begins.
  }
  return FIRST;
}
