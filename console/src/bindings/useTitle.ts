/** The page's title and icon: what it shows and how it stands, for whoever has it among twenty tabs. */
import { useEffect } from "react";
import { TURNS } from "../core/bidi";
import type { PhaseIcon, PhaseLook } from "../core/phases";

const NAME = "livedeck";
const SIGNS: Readonly<Record<PhaseIcon, string>> = {
  check: "\u2713",
  cross: "\u2717",
  stop: "\u25a0",
  skip: "",
  timeout: "\u2717",
  retry: "",
  clock: "",
  spinner: "\u25b6",
};
const COLOURS: Readonly<Record<PhaseLook["tone"], string>> = {
  good: "#15803d",
  bad: "#c62828",
  warn: "#b45309",
  running: "#4f46e5",
  waiting: "#4f46e5",
  quiet: "#4f46e5",
};

/**
 * The title of a page that knows more than its route says (`app/routes.tsx`).
 *
 * @param words what the page shows; empty for livedeck itself.
 * @param look how that stands; null where it does not.
 */
export function useTitle(words: string, look: PhaseLook | null = null): void {
  useEffect(() => setTitle(words, look), [words, look]);
}

export function setTitle(words: string, look: PhaseLook | null = null): void {
  const sign = look ? SIGNS[look.icon] : "";
  document.title = [sign, words.replace(TURNS, ""), words && `- ${NAME}`].filter(Boolean).join(" ") || NAME;
  setIcon(look);
}

function setIcon(look: PhaseLook | null): void {
  const link = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
  if (!link) return;
  link.dataset["plain"] ??= link.href;
  link.href = look?.terminal ? `data:image/svg+xml,${encodeURIComponent(iconOf(look))}` : link.dataset["plain"];
}

const PATHS: Partial<Readonly<Record<PhaseIcon, string>>> = {
  check: "M5.5 11.5 9.5 15.5 16.5 7",
  cross: "M6.5 6.5 15.5 15.5M15.5 6.5 6.5 15.5",
  timeout: "M6.5 6.5 15.5 15.5M15.5 6.5 6.5 15.5",
  stop: "M7 7H15V15H7Z",
};

function iconOf({ tone, icon }: PhaseLook): string {
  const mark = `<path d="${PATHS[icon] ?? ""}" fill="none" stroke="#fff" stroke-width="2.6" stroke-linecap="round" stroke-linejoin="round"/>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 22 22"><rect x="1" y="1" width="20" height="20" rx="6" fill="${COLOURS[tone]}"/>${mark}</svg>`;
}
