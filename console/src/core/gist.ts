/** The line of an error's message that says what went wrong; all of it is shown elsewhere. */

/** What follows is no longer the error's own, as `livedeck/propeller/outcomes.py` writes it. */
const OUTPUT = "\nThe end of its output:\n";

/** Also within a line: the engine may have put words of its own before it. */
const TRACEBACK = "Traceback (most recent call last):\n";

/** Characters that a line may have: it stands above what one is there for. */
const MOST = 500;

export function gist(message = ""): string {
  const words = lineOf(message);
  return words.length > MOST ? `${words.slice(0, MOST).replace(/[\ud800-\udbff]$/, "")} …` : words;
}

function lineOf(message: string): string {
  const own = message.split(OUTPUT, 1)[0] ?? "";
  const traceback = own.lastIndexOf(TRACEBACK);
  const lines = own.slice(Math.max(traceback, 0)).split("\n");
  const written = lines.map((line) => line.trimEnd()).filter((line) => line !== "");
  if (traceback < 0) return written.at(-1)?.trim() ?? "";
  // Frames are indented. What comes after the error's name may be more lines of its message, and notes.
  const named = written.slice(1).find((line) => !line.startsWith(" "));
  return (named ?? written.at(-1) ?? "").trim();
}
