import { useEffect, useState } from "react";
import { copyText } from "../core/clipboard";
import { IconButton } from "./Button";
import type { IconName } from "./icons";

type Outcome = "copied" | "refused";

const SHOWN: Readonly<Record<Outcome, { readonly name: string; readonly icon: IconName }>> = {
  copied: { name: "Copied", icon: "check" },
  refused: { name: "The browser does not let this page copy", icon: "warning" },
};

/** Copies a text, and says whether it did. */
export function CopyButton({ text, name = "Copy" }: { readonly text: string; readonly name?: string }) {
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  useEffect(() => {
    if (outcome === null) return undefined;
    const timer = setTimeout(() => setOutcome(null), 1500);
    return () => clearTimeout(timer);
  }, [outcome]);
  const copy = (button: Element) =>
    void copyText(text, button).then((copied) => setOutcome(copied ? "copied" : "refused"));
  const shown = outcome === null ? { name, icon: "copy" as const } : SHOWN[outcome];
  return <IconButton name={shown.name} icon={shown.icon} onClick={(event) => copy(event.currentTarget)} />;
}
