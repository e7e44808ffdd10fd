import { useEffect, useLayoutEffect, useRef, useState } from "react";

interface LogLinesProps {
  readonly lines: readonly string[];
  readonly follow: boolean;
  readonly onFollow: (follow: boolean) => void;
}

const LINE = 19;
/** Lines drawn above and below the visible ones, so that quick scrolling meets no gap. */
const MARGIN = 30;

/** Only the lines in sight are in the page: a log may have a hundred thousand. */
export function LogLines({ lines, follow, onFollow }: LogLinesProps) {
  const box = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(600);
  useEffect(() => {
    if (!box.current) return undefined;
    const sizes = new ResizeObserver(([entry]) => setHeight(entry?.contentRect.height ?? 0));
    sizes.observe(box.current);
    return () => sizes.disconnect();
  }, []);
  useLayoutEffect(() => {
    if (follow && box.current) box.current.scrollTop = box.current.scrollHeight;
  });
  const first = Math.max(0, Math.floor(top / LINE) - MARGIN);
  const last = Math.min(lines.length, Math.ceil((top + height) / LINE) + MARGIN);
  const scrolled = (element: HTMLElement) => {
    setTop(element.scrollTop);
    const atEnd = element.scrollHeight - element.scrollTop - element.clientHeight < LINE * 1.5;
    if (atEnd !== follow) onFollow(atEnd);
  };
  return (
    <div
      ref={box}
      className="log-lines"
      role="log"
      aria-label="Output"
      tabIndex={0}
      onScroll={(event) => scrolled(event.currentTarget)}
    >
      <div style={{ height: lines.length * LINE }}>
        <pre style={{ transform: `translateY(${first * LINE}px)` }}>{lines.slice(first, last).join("\n")}</pre>
      </div>
    </div>
  );
}
