import type { ButtonHTMLAttributes } from "react";
import "./button.css";
import { Icon, type IconName } from "./icons";

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly look?: "plain" | "primary" | "danger" | "quiet";
  readonly icon?: IconName;
}

export function Button({ look = "plain", icon, children, className = "", ...rest }: ButtonProps) {
  return (
    <button type="button" {...rest} className={`button button-${look} ${className}`}>
      {icon && <Icon name={icon} />}
      {children}
    </button>
  );
}

/** A button that shows an icon only; its name is for assistive technology and the tooltip. */
export function IconButton({ name, icon, ...rest }: { name: string; icon: IconName } & ButtonHTMLAttributes<HTMLButtonElement>) {
  return (
    <button type="button" title={name} aria-label={name} {...rest} className={`icon-button ${rest.className ?? ""}`}>
      <Icon name={icon} />
    </button>
  );
}
