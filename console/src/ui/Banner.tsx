import type { ReactNode } from "react";
import "./banner.css";
import { Icon, type IconName } from "./icons";

interface BannerProps {
  readonly tone: "info" | "good" | "warn" | "bad";
  readonly icon?: IconName;
  readonly title: string;
  readonly children?: ReactNode;
}

/** A few words above what they are about. Assistive technology reads it out when it appears. */
export function Banner({ tone, icon = "warning", title, children }: BannerProps) {
  return (
    <div className={`banner banner-${tone}`} role={tone === "bad" ? "alert" : "status"}>
      <Icon name={icon} />
      <div className="banner-words">
        <strong>{title}</strong>
        {children && <span> {children}</span>}
      </div>
    </div>
  );
}
