import { useEffect, useId, useRef, useState, type ReactNode } from "react";
import { IconButton } from "./Button";
import type { IconName } from "./icons";
import "./popover.css";

interface PopoverProps {
  readonly name: string;
  readonly icon: IconName;
  readonly children: ReactNode;
}

/** A button with a small panel below it that is open until Escape, a click elsewhere, or the button again. */
export function Popover({ name, icon, children }: PopoverProps) {
  const [open, setOpen] = useState(false);
  const whole = useRef<HTMLDivElement>(null);
  const panel = useId();
  useEffect(() => {
    if (!open) return;
    const close = () => setOpen(false);
    const onPointer = ({ target }: PointerEvent) => {
      if (!whole.current?.contains(target as Node)) close();
    };
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "Escape") return;
      event.stopPropagation(); // nothing around it closes with it
      whole.current?.querySelector("button")?.focus();
      close();
    };
    document.addEventListener("pointerdown", onPointer);
    document.addEventListener("keydown", onKey, true);
    window.addEventListener("blur", close); // a click into a frame is seen by nothing else
    return () => {
      document.removeEventListener("pointerdown", onPointer);
      document.removeEventListener("keydown", onKey, true);
      window.removeEventListener("blur", close);
    };
  }, [open]);
  return (
    <div ref={whole} className="popover">
      <IconButton name={name} icon={icon} aria-expanded={open} aria-controls={open ? panel : undefined} onClick={() => setOpen(!open)} />
      {open && (
        <section id={panel} className="popover-panel" aria-label={name}>
          {children}
        </section>
      )}
    </div>
  );
}
