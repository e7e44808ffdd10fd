import { useEffect, useState } from "react";
import { IconButton } from "./Button";

/** Copies a text, and says that it did. */
export function CopyButton({ text, name = "Copy" }: { readonly text: string; readonly name?: string }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return undefined;
    const timer = setTimeout(() => setCopied(false), 1500);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = () => void navigator.clipboard.writeText(text).then(() => setCopied(true));
  return <IconButton name={copied ? "Copied" : name} icon={copied ? "check" : "copy"} onClick={copy} />;
}
