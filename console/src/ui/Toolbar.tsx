import type { ReactNode } from "react";
import { Icon } from "./icons";
import "./toolbar.css";

/** The line above what a panel shows, with what can be done about it. */
export function Toolbar({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <div className="toolbar" role="toolbar" aria-label={label}>
      {children}
    </div>
  );
}

interface SearchFieldProps {
  readonly label: string;
  readonly placeholder: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

export function SearchField({ label, placeholder, value, onChange }: SearchFieldProps) {
  return (
    <label className="toolbar-search">
      <Icon name="search" size={14} />
      <input
        type="search"
        placeholder={placeholder}
        aria-label={label}
        value={value}
        onChange={({ target }) => onChange(target.value)}
      />
    </label>
  );
}
