/**
 * JSON read where one looks: a value is a part of the text, and its members are looked for when it is unfolded. So numbers
 * keep all their digits, and neither size nor depth is a matter: nothing here is recursive. What is no JSON is shown as the
 * words that it is.
 */

export type Shape = "object" | "array" | "string" | "word";

/** A value in a text, and what it is called. */
export interface Value {
  /** Of a member of an object its name, of one of a list its place; null of the whole. */
  readonly key: string | number | null;
  readonly start: number;
  readonly end: number;
  readonly shape: Shape;
}

const SPACE = /[\s]/;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

export function rootOf(text: string): Value {
  const start = skipSpace(text, 0);
  return valueAt(text, start, null);
}

/** The members of an object or list. */
export function membersOf(text: string, { start, end, shape }: Value): Value[] {
  const members: Value[] = [];
  if (shape !== "object" && shape !== "array") return members;
  let at = skipSpace(text, start + 1);
  while (at < end - 1) {
    let key: string | number = members.length;
    if (shape === "object") {
      const quoted = text.charCodeAt(at) === QUOTE;
      const stop = quoted ? endOfString(text, at) : endOfWord(text, at);
      key = quoted ? unquoted(text.slice(at, stop)) : text.slice(at, stop);
      at = skipSpace(text, stop);
      if (text[at] === ":") at = skipSpace(text, at + 1);
    }
    const member = valueAt(text, at, key);
    if (member.end <= at) break; // no JSON: it would not go on
    members.push(member);
    at = skipSpace(text, member.end);
    if (text[at] === ",") at = skipSpace(text, at + 1);
    else break;
  }
  return members;
}

function valueAt(text: string, start: number, key: string | number | null): Value {
  switch (text[start]) {
    case "{":
      return { key, start, end: endOfNested(text, start), shape: "object" };
    case "[":
      return { key, start, end: endOfNested(text, start), shape: "array" };
    case '"':
      return { key, start, end: endOfString(text, start), shape: "string" };
    default:
      return { key, start, end: endOfWord(text, start), shape: "word" };
  }
}

function skipSpace(text: string, start: number): number {
  let at = start;
  while (at < text.length && SPACE.test(text.charAt(at))) at++;
  return at;
}

/** Behind the bracket that closes the one at the start; strings in between may hold brackets. */
function endOfNested(text: string, start: number): number {
  const sign = /["[\]{}]/g;
  sign.lastIndex = start;
  let depth = 0;
  for (let found = sign.exec(text); found; found = sign.exec(text)) {
    const [character] = found;
    if (character === '"') sign.lastIndex = endOfString(text, found.index);
    else if (character === "{" || character === "[") depth++;
    else if (--depth === 0) return found.index + 1;
  }
  return text.length;
}

function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let slashes = 0;
    while (text.charCodeAt(at - 1 - slashes) === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return at + 1;
  }
  return text.length;
}

function endOfWord(text: string, start: number): number {
  const stop = /[\s,:\]}]/g;
  stop.lastIndex = start;
  return stop.exec(text)?.index ?? text.length;
}

/** What a string of JSON says; as it is where it is none. */
export function unquoted(written: string): string {
  try {
    return String(JSON.parse(written));
  } catch {
    return written;
  }
}

/** A place in the tree, as it is written in programs. */
export function pathOf(keys: readonly (string | number)[]): string {
  return keys.map((key) => (typeof key === "string" && /^[A-Za-z_]\w*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`)).join("") || ".";
}

/** Levels below which nothing is looked for. */
const DEEPEST = 100;

interface Level {
  readonly object: boolean;
  /** The name of the member that is being read. */
  key: string;
  index: number;
  naming: boolean;
}

/** Places whose name or value holds some words, up to a number of them; reads the text once, whatever is in it. */
export function search(text: string, wanted: string, most: number): (string | number)[][] {
  const words = wanted.toLowerCase();
  const found: (string | number)[][] = [];
  const way: Level[] = [];
  const fits = (said: string): boolean => said.toLowerCase().includes(words);
  const look = (said: string): void => {
    const at = way.at(-1);
    if (way.length > DEEPEST || !(fits(said) || (at?.object === true && fits(at.key)))) return;
    found.push(way.map(({ object, key, index }) => (object ? key : index)));
  };
  const sign = /["{}[\],:]|[^\s"{}[\],:]+/g;
  for (let token = sign.exec(text); token && found.length < most; token = sign.exec(text)) {
    const [shown] = token;
    const at = way.at(-1);
    if (shown === '"') {
      sign.lastIndex = endOfString(text, token.index);
      const said = unquoted(text.slice(token.index, sign.lastIndex));
      if (at?.naming) {
        at.key = said;
        at.naming = false;
      } else look(said);
    } else if (shown === "{" || shown === "[") {
      look("");
      way.push({ object: shown === "{", key: "", index: 0, naming: shown === "{" });
    } else if (shown === "}" || shown === "]") way.pop();
    else if (shown === "," && at) {
      at.index++;
      at.naming = at.object;
    } else if (shown !== "," && shown !== ":") look(shown);
  }
  return found;
}

export function shownWords(text: string, { start, end, shape }: Value): string {
  const written = text.slice(start, end);
  return shape === "string" ? unquoted(written) : written;
}
