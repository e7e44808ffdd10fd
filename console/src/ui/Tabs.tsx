import type { KeyboardEvent } from "react";
import { Link } from "../bindings/router";
import "./tabs.css";

export interface Tab<Id extends string> {
  readonly id: Id;
  readonly label: string;
  /** Every tab is an address of its own. */
  readonly href: string;
}

interface TabsProps<Id extends string> {
  readonly label: string;
  readonly tabs: readonly Tab<Id>[];
  readonly chosen: Id;
}

/** A tablist whose tabs are links; arrow keys move between them. */
export function Tabs<Id extends string>({ label, tabs, chosen }: TabsProps<Id>) {
  return (
    <div className="tabs" role="tablist" aria-label={label} onKeyDown={move}>
      {tabs.map((tab) => (
        <Link
          key={tab.id}
          className="tab"
          role="tab"
          aria-selected={tab.id === chosen}
          tabIndex={tab.id === chosen ? 0 : -1}
          href={tab.href}
        >
          {tab.label}
        </Link>
      ))}
    </div>
  );
}

function move(event: KeyboardEvent<HTMLElement>): void {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  const tabs = [...event.currentTarget.querySelectorAll<HTMLElement>("[role=tab]")];
  const at = tabs.indexOf(event.target as HTMLElement);
  if (step === undefined || at < 0) return;
  event.preventDefault();
  const next = tabs[(at + step + tabs.length) % tabs.length];
  next?.focus();
  next?.click();
}
