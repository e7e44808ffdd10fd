import type { ReactNode } from "react";
import "./empty.css";
import { Icon, type IconName } from "./icons";

interface EmptyProps {
  readonly icon: IconName;
  readonly title: string;
  readonly children?: ReactNode;
  /** It is all that there is: its title is the page's. */
  readonly page?: boolean;
}

/** Words where there is nothing to show, saying why and what to do. */
export function Empty({ icon, title, children, page = false }: EmptyProps) {
  const Heading = page ? "h1" : "h2";
  return (
    <div className="empty" role="status">
      <span className="empty-icon">
        <Icon name={icon} size={22} />
      </span>
      <Heading>{title}</Heading>
      {children && <div className="empty-words">{children}</div>}
    </div>
  );
}
