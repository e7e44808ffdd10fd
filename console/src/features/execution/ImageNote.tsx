/** What became of the image that a task asks for: nothing, as its author was told where it was declared. */
export function ImageNote({ image }: { readonly image: string }) {
  if (image === "") return null;
  return (
    <p className="image-note">
      The image <code>{image}</code> has no effect here: tasks run in the environment of the server. Install there what they import.
    </p>
  );
}
