import { useTheme } from "../bindings/theme";
import { IconButton } from "../ui/Button";

const LOOKS = {
  system: { name: "Theme: as the system", icon: "system" },
  light: { name: "Theme: light", icon: "sun" },
  dark: { name: "Theme: dark", icon: "moon" },
} as const;

export function ThemeButton() {
  const { choice, cycle } = useTheme();
  const { name, icon } = LOOKS[choice];
  return <IconButton name={name} icon={icon} onClick={cycle} />;
}
