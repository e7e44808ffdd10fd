/** The console's icons: 16 units square, drawn with the text's colour. */
const PATHS = {
  abort: <rect x="4" y="4" width="8" height="8" rx="1.5" />,
  back: <path d="M10 3.5 5.5 8l4.5 4.5" />,
  branch: <path d="M4 3v10M4 8h3.5A4.5 4.5 0 0 0 12 3.5M10 5l2-2 2 2" />,
  check: <path d="m3.5 8.5 3 3 6-7" />,
  chevron: <path d="m6 4 4 4-4 4" />,
  clock: <path d="M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11ZM8 5v3.2l2 1.3" />,
  close: <path d="m4 4 8 8m0-8-8 8" />,
  copy: <path d="M6 5.5h6.5v8H6zM10 5.5v-3H3.5v8H6" />,
  cross: <path d="m4.5 4.5 7 7m0-7-7 7" />,
  deck: <path d="M2.5 3.5h11v9h-11zM5 9.8l2-2.6 2 1.6 2.4-3" />,
  download: <path d="M8 2.5v7.5M5 7.2 8 10.2l3-3M3 13h10" />,
  exitFullscreen: <path d="M6.5 2.5v4h-4M9.5 13.5v-4h4M13.5 6.5h-4v-4M2.5 9.5h4v4" />,
  fitWidth: <path d="M2.5 4v8M13.5 4v8M4.5 8h7M6.5 6l-2 2 2 2M9.5 6l2 2-2 2" />,
  fullscreen: <path d="M2.5 6V2.5H6M13.5 10v3.5H10M10 2.5h3.5V6M6 13.5H2.5V10" />,
  link: <path d="M6.8 9.2a2.6 2.6 0 0 0 3.7 0l2.3-2.3a2.6 2.6 0 0 0-3.7-3.7L8 4.3M9.2 6.8a2.6 2.6 0 0 0-3.7 0L3.2 9.1a2.6 2.6 0 0 0 3.7 3.7L8 11.7" />,
  moon: <path d="M13 9.6A5.5 5.5 0 0 1 6.4 3 5.5 5.5 0 1 0 13 9.6Z" />,
  pause: <path d="M5.5 3.5v9M10.5 3.5v9" />,
  play: <path d="M5 3.2 12.5 8 5 12.8Z" />,
  pulse: <path d="M2 8.5h2.8l1.9-5 2.8 9 1.8-4H14" />,
  retry: <path d="M12.8 8A4.8 4.8 0 1 1 11 4.3M11.5 2v2.8H8.7" />,
  search: <path d="M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9ZM10.5 10.5l3 3" />,
  skip: <path d="m4 4 5 4-5 4ZM11.5 4v8" />,
  spinner: <path d="M8 2.5A5.5 5.5 0 1 1 2.5 8" />,
  stop: <rect x="4.5" y="4.5" width="7" height="7" rx="1" />,
  sun: (
    <path d="M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6ZM8 1.5v1.3M8 13.2v1.3M1.5 8h1.3M13.2 8h1.3M3.4 3.4l.9.9M11.7 11.7l.9.9M12.6 3.4l-.9.9M4.3 11.7l-.9.9" />
  ),
  system: <path d="M2.5 3.5h11v7h-11zM6 13h4M8 10.5V13" />,
  timeout: <path d="M8 4a5 5 0 1 0 0 10A5 5 0 0 0 8 4ZM8 6.5V9M6 1.8h4" />,
  warning: <path d="M8 2.5 14 13H2ZM8 6.5V9.5M8 11.3v.2" />,
  zoomIn: <path d="M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9ZM10.5 10.5l3 3M7 5.2v3.6M5.2 7h3.6" />,
  zoomOut: <path d="M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9ZM10.5 10.5l3 3M5.2 7h3.6" />,
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 16, className }: { name: IconName; size?: number; className?: string }) {
  return (
    <svg
      className={className}
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth={1.6}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      {PATHS[name]}
    </svg>
  );
}
