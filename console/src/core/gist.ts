/** The line of an error's message that says what went wrong; all of it is shown elsewhere. */

/** What follows is no longer the error's own, as `livedeck/propeller/outcomes.py` writes it. */
const OUTPUT = "\nThe end of its output:\n";

/** Also within a line: the engine may have put words of its own before it. */
const TRACEBACK = "Traceback (most recent call last):\n";

export function gist(message = ""): string {
  const own = message.split(OUTPUT, 1)[0] ?? "";
  const traceback = own.lastIndexOf(TRACEBACK);
  const lines = own.slice(Math.max(traceback, 0)).split("\n");
  const written = lines.map((line) => line.trimEnd()).filter((line) => line !== "");
  if (traceback < 0) return written.at(-1)?.trim() ?? "";
  // Frames are indented. What comes after the error's name may be more lines of its message, and notes.
  const named = written.slice(1).find((line) => !line.startsWith(" "));
  return (named ?? written.at(-1) ?? "").trim();
}
