/**
 * Words of programs told apart by what they are, so that they can be coloured: comments, texts, numbers, keywords, names. One
 * pass over the text, whatever is in it: no pattern here can be made to look at a character twice. It knows what languages
 * have in common and what sets each apart, and no grammar: colours help the eye, and are no statement about the program.
 */

export type Kind = "comment" | "text" | "number" | "keyword" | "name" | "plus" | "minus" | "";

export interface Token {
  readonly kind: Kind;
  readonly text: string;
}

interface Language {
  /** What begins a comment that ends with its line. */
  readonly lines?: readonly string[];
  /** What a comment begins and ends with. */
  readonly blocks?: readonly (readonly [string, string])[];
  /** What texts begin and end with, the longer ones first; those of several characters may go over lines. */
  readonly quotes: readonly string[];
  readonly keywords: ReadonlySet<string>;
  readonly anyCase?: boolean;
  /** Words before a colon are names: of members, of settings. */
  readonly members?: boolean;
}

const set = (words: string): ReadonlySet<string> => new Set(words.split(" "));
const C_COMMENTS = { lines: ["//"], blocks: [["/*", "*/"]] } as const;
const C = "break case const continue default do else enum extern for goto if return sizeof static struct switch typedef union void volatile while char double float int long short signed unsigned bool true false";
const JAVASCRIPT = "async await break case catch class const continue debugger default delete do else export extends false finally for from function if import in instanceof let new null of return static super switch this throw true try typeof undefined var void while yield";

const LANGUAGES: Readonly<Record<string, Language>> = {
  python: {
    lines: ["#"],
    quotes: ['"""', "'''", '"', "'"],
    keywords: set("and as assert async await break case class continue def del elif else except False finally for from global if import in is lambda match None nonlocal not or pass raise return True try type while with yield self"),
  },
  javascript: { ...C_COMMENTS, quotes: ["`", '"', "'"], keywords: set(JAVASCRIPT) },
  typescript: { ...C_COMMENTS, quotes: ["`", '"', "'"], keywords: set(`${JAVASCRIPT} abstract any as boolean declare enum implements interface keyof namespace never number private protected public readonly string type unknown`) },
  json: { ...C_COMMENTS, quotes: ['"'], keywords: set("true false null"), members: true },
  yaml: { lines: ["#"], quotes: ['"', "'"], keywords: set("true false null yes no on off"), members: true },
  toml: { lines: ["#"], quotes: ['"""', "'''", '"', "'"], keywords: set("true false"), members: true },
  ini: { lines: ["#", ";"], quotes: ['"'], keywords: set("true false yes no"), members: true },
  shell: { lines: ["#"], quotes: ['"', "'", "`"], keywords: set("if then else elif fi for while until do done case esac in function return exit export local set unset source echo cd") },
  sql: {
    lines: ["--"],
    blocks: [["/*", "*/"]],
    quotes: ["'", '"'],
    keywords: set("add all alter and as asc begin between by case cast column commit constraint create cross default delete desc distinct drop else end exists false foreign from full group having if in index inner insert into is join key left like limit not null offset on or order outer over partition primary references returning right rollback select set table then true union unique update using values view when where with"),
    anyCase: true,
  },
  c: { ...C_COMMENTS, quotes: ['"', "'"], keywords: set(C) },
  cpp: { ...C_COMMENTS, quotes: ['"', "'"], keywords: set(`${C} auto catch class constexpr delete explicit friend inline mutable namespace new noexcept nullptr operator override private protected public template this throw try typename using virtual`) },
  java: { ...C_COMMENTS, quotes: ['"""', '"', "'"], keywords: set("abstract boolean break byte case catch char class continue default do double else enum extends false final finally float for if implements import instanceof int interface long native new null package private protected public record return short static super switch this throw throws true try var void while") },
  go: { ...C_COMMENTS, quotes: ["`", '"', "'"], keywords: set("break case chan const continue default defer else fallthrough false for func go goto if import interface map nil package range return select struct switch true type var") },
  rust: { ...C_COMMENTS, quotes: ['"'], keywords: set("as async await break const continue crate dyn else enum extern false fn for if impl in let loop match mod move mut pub ref return self Self static struct super trait true type unsafe use where while") },
  markup: { blocks: [["<!--", "-->"]], quotes: ['"', "'"], keywords: set("") },
  diff: { quotes: [], keywords: set("") },
};

const ALIASES: Readonly<Record<string, string>> = {
  py: "python", python3: "python", js: "javascript", jsx: "javascript", ts: "typescript", tsx: "typescript", yml: "yaml", jsonc: "json",
  json5: "json", sh: "shell", bash: "shell", zsh: "shell", console: "shell", "c++": "cpp", h: "c", hpp: "cpp", rs: "rust", golang: "go",
  html: "markup", xml: "markup", svg: "markup", patch: "diff", cfg: "ini", conf: "ini", postgresql: "sql", mysql: "sql", sqlite: "sql",
};

/** Characters beyond which a text is plain. */
const MOST = 500_000;
const WORD = /[\p{L}_$@][\p{L}\p{N}_$]*/uy;
const NUMBER = /0[xob][\da-f_]+|\d[\d_]*(?:\.\d[\d_]*)?(?:e[+-]?\d+)?/iy;
const REST = /[^\p{L}\p{N}_$@"'`#/<\-;\n]+|[^]/uy;

function languageOf(name: string): Language | undefined {
  const key = name.trim().toLowerCase();
  const known = Object.hasOwn(ALIASES, key) ? ALIASES[key] : key;
  return known !== undefined && Object.hasOwn(LANGUAGES, known) ? LANGUAGES[known] : undefined;
}

/** The parts of a text in their order; together they are the text. */
export function tokensOf(text: string, name: string): Token[] {
  const language = languageOf(name);
  if (!language || text.length > MOST) return [{ kind: "", text }];
  if (language === LANGUAGES["diff"]) return changes(text);
  const tokens: Token[] = [];
  let plain = 0;
  for (let at = 0; at < text.length; ) {
    const { kind, end } = tokenAt(text, at, language);
    if (kind !== "") {
      if (at > plain) tokens.push({ kind: "", text: text.slice(plain, at) });
      tokens.push({ kind, text: text.slice(at, end) });
      plain = end;
    }
    at = end;
  }
  if (plain < text.length) tokens.push({ kind: "", text: text.slice(plain) });
  return tokens;
}

function tokenAt(text: string, at: number, language: Language): { kind: Kind; end: number } {
  for (const begin of language.lines ?? []) if (text.startsWith(begin, at)) return { kind: "comment", end: endOfLine(text, at) };
  for (const [begin, close] of language.blocks ?? []) if (text.startsWith(begin, at)) return { kind: "comment", end: behind(text, close, at + begin.length) };
  for (const quote of language.quotes) {
    if (!text.startsWith(quote, at)) continue;
    const end = endOfText(text, quote, at + quote.length);
    return { kind: language.members && isMember(text, end) ? "name" : "text", end };
  }
  const number = matchAt(NUMBER, text, at);
  if (number > at) return { kind: "number", end: number };
  const word = matchAt(WORD, text, at);
  if (word === at) return { kind: "", end: Math.max(at + 1, matchAt(REST, text, at)) };
  const said = text.slice(at, word);
  if (language.keywords.has(language.anyCase ? said.toLowerCase() : said)) return { kind: "keyword", end: word };
  if (language === LANGUAGES["markup"]) return { kind: /[</]/.test(text.charAt(at - 1)) ? "keyword" : text.charAt(word) === "=" ? "name" : "", end: word };
  return { kind: language.members ? (isMember(text, word) ? "name" : "") : text.charAt(word) === "(" ? "name" : "", end: word };
}

function matchAt(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}

function endOfLine(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end < 0 ? text.length : end;
}

function behind(text: string, close: string, at: number): number {
  const end = text.indexOf(close, at);
  return end < 0 ? text.length : end + close.length;
}

/** Behind a text; one with a quote of a single character ends with its line at the latest, but for `. */
function endOfText(text: string, quote: string, start: number): number {
  const over = quote.length > 1 || quote === "`";
  for (let at = start; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text.startsWith(quote, at)) return at + quote.length;
    else if (!over && text[at] === "\n") return at;
  }
  return text.length;
}

const MEMBER = /[ \t]{0,20}[:=]/y;

function isMember(text: string, end: number): boolean {
  return matchAt(MEMBER, text, end) > end;
}

function changes(text: string): Token[] {
  return text.split(/(?<=\n)/).map((line): Token => {
    const kind = line.startsWith("+") ? "plus" : line.startsWith("-") ? "minus" : line.startsWith("@@") ? "keyword" : "";
    return { kind, text: line };
  });
}

/** The nodes of tokens. */
export function highlighted(tokens: readonly Token[]): Node[] {
  return tokens.map(({ kind, text }) => {
    if (kind === "") return document.createTextNode(text);
    const node = document.createElement("span");
    node.className = `ld-word-${kind}`;
    node.textContent = text;
    return node;
  });
}
