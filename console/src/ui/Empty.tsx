import type { ReactNode } from "react";
import "./empty.css";
import { Icon, type IconName } from "./icons";

interface EmptyProps {
  readonly icon: IconName;
  readonly title: string;
  readonly children?: ReactNode;
}

/** Words where there is nothing to show, saying why and what to do. */
export function Empty({ icon, title, children }: EmptyProps) {
  return (
    <div className="empty" role="status">
      <span className="empty-icon">
        <Icon name={icon} size={22} />
      </span>
      <h2>{title}</h2>
      {children && <div className="empty-words">{children}</div>}
    </div>
  );
}
