/** The script that draws maths (`src/maths/main.ts`): asked for once, when a Deck has some. */

/** A formula in TeX as MathML. Throws where it is none. */
export type DrawMaths = (formula: string, display: boolean) => string;

declare global {
  interface Window {
    livedeckMaths?: DrawMaths;
  }
}

let provide: () => Promise<string> = () => Promise.reject(new Error("nothing gives the script that draws maths"));
let asked: Promise<string> | null = null;

/** `give` is called when the script is needed, and is to find its text: in the page, or by asking the page around it. */
export function onMathsNeeded(give: () => Promise<string>): void {
  provide = give;
  asked = null;
}

/** The script's text, for this document or for a frame within it. */
export function mathsScript(): Promise<string> {
  asked ??= provide().catch((error: unknown) => {
    asked = null; // it may be there when it is asked for again
    throw error;
  });
  return asked;
}

/** What draws maths, where it is there already. */
export function drawerOfMaths(): DrawMaths | null {
  return window.livedeckMaths ?? null;
}

/** Have what draws maths in this document. */
export async function loadMaths(): Promise<void> {
  const text = await mathsScript();
  if (drawerOfMaths()) return;
  const script = document.createElement("script");
  script.textContent = text;
  document.head.append(script);
  script.remove();
  if (!drawerOfMaths()) throw new Error("the script that draws maths did not run");
}
