import "./skeleton.css";

/** Grey lines in the shape of what is coming. */
export function Skeleton({ lines = 4, label = "Loading" }: { readonly lines?: number; readonly label?: string }) {
  return (
    <div className="skeleton" role="status" aria-label={label}>
      {Array.from({ length: lines }, (_, index) => (
        <div key={index} className="skeleton-line" style={{ width: `${88 - ((index * 17) % 42)}%` }} />
      ))}
    </div>
  );
}
