/** Light or dark: the system's choice unless the viewer made one, which is remembered. */
import { Observable, type Readable } from "./observable";

export type ThemeChoice = "system" | "light" | "dark";
const KEY = "livedeck.theme";
const ORDER: readonly ThemeChoice[] = ["system", "light", "dark"];

export interface Theme {
  readonly choice: ThemeChoice;
  readonly dark: boolean;
}

export class ThemeSetting {
  private readonly system = window.matchMedia("(prefers-color-scheme: dark)");
  private readonly current = new Observable<Theme>({ choice: "system", dark: false });
  readonly theme: Readable<Theme> = this.current;

  constructor(private readonly storage: Storage) {
    const stored = storage.getItem(KEY);
    this.apply(ORDER.find((choice) => choice === stored) ?? "system");
    this.system.addEventListener("change", () => this.apply(this.current.get().choice));
  }

  /** The next choice in turn. */
  cycle(): void {
    const next = ORDER[(ORDER.indexOf(this.current.get().choice) + 1) % ORDER.length] ?? "system";
    this.storage.setItem(KEY, next);
    this.apply(next);
  }

  private apply(choice: ThemeChoice): void {
    const dark = choice === "system" ? this.system.matches : choice === "dark";
    document.documentElement.dataset["theme"] = dark ? "dark" : "light";
    this.current.set({ choice, dark });
  }
}
