import { createContext, use, type ReactNode } from "react";
import type { Theme, ThemeSetting } from "../core/theme";
import { useReadable } from "./useReadable";

const ThemeContext = createContext<ThemeSetting | null>(null);

export function ThemeProvider({ setting, children }: { readonly setting: ThemeSetting; readonly children: ReactNode }) {
  return <ThemeContext value={setting}>{children}</ThemeContext>;
}

export function useTheme(): Theme & { readonly cycle: () => void } {
  const setting = use(ThemeContext);
  if (!setting) throw new Error("useTheme outside of ThemeProvider");
  return { ...useReadable(setting.theme), cycle: () => setting.cycle() };
}
