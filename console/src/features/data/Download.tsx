import { useMutation } from "@tanstack/react-query";
import { listFiles, type StoredFile } from "../../core/api";
import { words } from "../../core/bidi";
import { Button } from "../../ui/Button";

/** Fetches what lies at an address in the store: a file at once, of a folder or frame a list to choose from. */
export function Download({ uri, name }: { readonly uri: string; readonly name: string }) {
  const files = useMutation({
    mutationFn: () => listFiles(uri),
    onSuccess: ({ files }) => {
      if (files.length === 1 && files[0]) save(files[0]);
    },
  });
  const found = files.data?.files ?? [];
  return (
    <>
      <Button look="quiet" disabled={files.isPending} aria-label={words`Download ${name}`} onClick={() => files.mutate()}>
        Download
      </Button>
      {files.isError && <span role="alert">{files.error.message}</span>}
      {found.length > 1 && (
        <ul className="value-files" aria-label={words`Files of ${name}`}>
          {found.map((file) => (
            <li key={file.name}>
              <a href={file.url} download={lastPart(file.name)}>
                {file.name}
              </a>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function save({ name, url }: StoredFile): void {
  const link = document.createElement("a");
  link.href = url;
  link.download = lastPart(name);
  link.click();
}

function lastPart(name: string): string {
  return name.split("/").at(-1) ?? name;
}
