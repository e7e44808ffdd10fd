/** Kinds of stored values whose type, as it is shown, does not end in the extension of their files. */
const EXTENSIONS: Readonly<Record<string, string>> = { table: "parquet", "pickled value": "pickle" };

/**
 * The name under which an object of an input or output is saved: its own, unless that has no extension. A frame's one
 * file is called `00000` in the store, and a pickle by its digest: those are called as the input or output is.
 */
export function savedName(stored: string, name: string, type: string): string {
  const own = stored.split("/").at(-1) ?? stored;
  if (/.\.[^.]+$/.test(own)) return own;
  const extension = EXTENSIONS[type] ?? /, (\w+)$/.exec(type)?.[1]?.toLowerCase();
  return extension === undefined ? own : `${name}.${extension}`;
}
