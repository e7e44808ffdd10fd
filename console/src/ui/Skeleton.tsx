import "./skeleton.css";

interface SkeletonProps {
  readonly lines?: number;
  readonly label?: string;
  /** It is all that there is yet: what is coming is the page, whose heading this is until then. */
  readonly page?: boolean;
}

/** Grey lines in the shape of what is coming. */
export function Skeleton({ lines = 4, label = "Loading", page = false }: SkeletonProps) {
  return (
    <div className="skeleton" role="status" aria-label={label}>
      {page && <h1 className="visually-hidden">{label}</h1>}
      {Array.from({ length: lines }, (_, index) => (
        <div key={index} className="skeleton-line" style={{ width: `${88 - ((index * 17) % 42)}%` }} />
      ))}
    </div>
  );
}
