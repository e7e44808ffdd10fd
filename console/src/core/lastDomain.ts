/** The project and domain that were looked at last: where the console opens next time. */

export interface ProjectDomain {
  readonly project: string;
  readonly domain: string;
}

const KEY = "livedeck.domain";
/** What a Flyte installation starts with. */
const FIRST: ProjectDomain = { project: "flytesnacks", domain: "development" };

export function rememberDomain(chosen: ProjectDomain, storage: Storage): void {
  storage.setItem(KEY, JSON.stringify([chosen.project, chosen.domain]));
}

export function lastDomain(storage: Storage): ProjectDomain {
  try {
    const [project, domain] = JSON.parse(storage.getItem(KEY) ?? "[]") as unknown[];
    if (typeof project === "string" && typeof domain === "string") return { project, domain };
  } catch {
    // Something else wrote under our key: begin where everybody begins.
  }
  return FIRST;
}
