/**
 * SVG as a file to be saved. A frame may ask for any text to be saved as one, and an SVG that is opened by itself may run
 * scripts and load things: so a text is read, and what stands in the list below is written anew. All else is left out.
 */

const NAMESPACE = "http://www.w3.org/2000/svg";

const NUMBERS = /^[-\d. e]*$/;
const WORD = /^[a-z-]+$/;
const COLOUR = /^(?:[a-z]+|#[\da-f]{3,8}|[a-z]+\([-\d., %/]*\))$/i;

/** Attributes, with what their values may be; the names of elements, with the attributes that each has. */
const VALUES: Readonly<Record<string, RegExp>> = {
  "clip-path": /^url\(#clip\d+\)$/,
  d: /^[MLhvaZ\d. e-]*$/,
  "dominant-baseline": WORD,
  fill: COLOUR,
  "font-family": /^[\w ,.'"-]*$/,
  "font-size": /^[\d.]+px$/,
  "font-weight": /^\w+$/,
  height: NUMBERS,
  id: /^clip\d+$/,
  opacity: NUMBERS,
  role: WORD,
  stroke: COLOUR,
  "stroke-dasharray": NUMBERS,
  "stroke-linecap": WORD,
  "stroke-linejoin": WORD,
  "stroke-width": NUMBERS,
  "text-anchor": WORD,
  transform: /^(?:(?:translate|rotate)\([-\d. e]*\) ?)*$/,
  viewBox: NUMBERS,
  width: NUMBERS,
  x: NUMBERS,
  y: NUMBERS,
};
const TEXTS = new Set(["text", "title"]);

/** A text as what is left of it when only shapes and words are taken; null: it is no such SVG. */
export function cleanedSvg(text: string): string | null {
  // No declaration, comment or entity of its own stands in what charts write.
  if (/<[!?]/.test(text)) return null;
  const root = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
  if (root.namespaceURI !== NAMESPACE || root.localName !== "svg" || root.querySelector("parsererror")) return null;
  return `<svg xmlns="${NAMESPACE}"${attributes(root)}>${[...root.children].map(written).join("")}</svg>`;
}

function written(node: Element): string {
  if (node.namespaceURI !== NAMESPACE) return "";
  const name = node.localName;
  if (TEXTS.has(name)) return `<${name}${attributes(node)}>${escaped(node.textContent)}</${name}>`;
  if (name === "path") return `<path${attributes(node)}/>`;
  const paths = [...node.children].filter((each) => each.namespaceURI === NAMESPACE && each.localName === "path");
  return name === "clipPath" ? `<clipPath${attributes(node)}>${paths.map(written).join("")}</clipPath>` : "";
}

function attributes(node: Element): string {
  const kept = [...node.attributes].filter(({ name, value }) => Object.hasOwn(VALUES, name) && VALUES[name]?.test(value));
  return kept.map(({ name, value }) => ` ${name}="${escaped(value)}"`).join("");
}

/** XML has no place for control characters and halves of surrogates, however they are written. */
export function escaped(text: string): string {
  // Not a regular expression: a bundler writes its characters as they are, and a page has no place for them either.
  const plain = Array.from(text, (character) => (isXml(character.codePointAt(0) ?? 0) ? character : "?")).join("");
  return plain.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

function isXml(code: number): boolean {
  if (code < 32) return code === 9 || code === 10 || code === 13;
  return code < 0xd800 || (code > 0xdfff && code < 0xfffe) || code > 0xffff;
}
