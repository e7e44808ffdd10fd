import { useMutation } from "@tanstack/react-query";
import { listFiles } from "../../core/api";
import { words } from "../../core/bidi";
import { savedName } from "../../core/savedName";
import { Button } from "../../ui/Button";

/** Fetches what lies at an address in the store: a file at once, of a folder or frame a list to choose from. */
export function Download({ uri, name, type }: { readonly uri: string; readonly name: string; readonly type: string }) {
  const files = useMutation({
    mutationFn: () => listFiles(uri),
    onSuccess: ({ files }) => {
      if (files.length === 1 && files[0]) save(files[0].url, savedName(files[0].name, name, type));
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
              <a href={file.url} download={savedName(file.name, `${name}-${lastPart(file.name)}`, type)}>
                {file.name}
              </a>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function save(url: string, name: string): void {
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
}

function lastPart(name: string): string {
  return name.split("/").at(-1) ?? name;
}
