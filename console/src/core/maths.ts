/** The script that draws maths, for frames, which may fetch nothing. */

let fetched: Promise<string> | null = null;

/** The script's text. It is fetched once, when a Deck with maths is shown first. */
export function fetchMaths(): Promise<string> {
  fetched ??= request().catch((error: unknown) => {
    fetched = null;
    throw error;
  });
  return fetched;
}

async function request(): Promise<string> {
  const response = await fetch("/decks/maths.js");
  if (!response.ok) throw new Error(`the server has no script that draws maths: ${response.status}`);
  return response.text();
}
