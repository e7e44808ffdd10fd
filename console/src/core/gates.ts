/** What a gate waits for, and what people type as the literal that it takes. */
import type { Literal, WorkflowNode } from "../protocol/flyte";
import { parseDuration } from "./durations";

export type Gate =
  | { readonly kind: "approval"; readonly signal: string }
  /** `type` is the name of a simple type of Flyte's; null: the console has no form for such values. */
  | { readonly kind: "input"; readonly signal: string; readonly type: string | null }
  | { readonly kind: "sleep"; readonly seconds: number };

/** What the node waits for; null for nodes that are no gates. */
export function gateOf(node: WorkflowNode | null): Gate | null {
  const { approve, signal, sleep } = node?.gateNode ?? {};
  if (approve) return { kind: "approval", signal: approve.signalId ?? "" };
  if (signal) return { kind: "input", signal: signal.signalId ?? "", type: typeOf(signal.type) };
  return sleep ? { kind: "sleep", seconds: parseDuration(sleep.duration) ?? 0 } : null;
}

function typeOf(type: { readonly simple?: string } | undefined): string | null {
  return type?.simple !== undefined && type.simple in FORMS ? type.simple : null;
}

interface Form {
  /** What is to be typed. */
  readonly hint: string;
  /** Null: that is no value of the type. */
  readonly read: (text: string) => Primitive | null;
}

type Primitive = NonNullable<NonNullable<Literal["scalar"]>["primitive"]>;

const FORMS: Readonly<Record<string, Form>> = {
  INTEGER: { hint: "a whole number", read: (text) => (/^[+-]?\d+$/.test(text.trim()) ? { integer: text.trim() } : null) },
  FLOAT: { hint: "a number", read: (text) => (isNumber(text) ? { floatValue: Number(text) } : null) },
  STRING: { hint: "text", read: (text) => ({ stringValue: text }) },
  BOOLEAN: { hint: "true or false", read: (text) => readBoolean(text.trim().toLowerCase()) },
  DATETIME: { hint: "a time, such as 2026-01-31 12:00", read: readTime },
  DURATION: { hint: "seconds", read: (text) => (isNumber(text) ? { duration: `${Number(text)}s` } : null) },
};

export function hintFor(type: string): string {
  return FORMS[type]?.hint ?? type;
}

/** The literal that a text stands for; null where it is no value of the type. */
export function literalOf(text: string, type: string): Literal | null {
  const primitive = FORMS[type]?.read(text) ?? null;
  return primitive && { scalar: { primitive } };
}

export function booleanLiteral(boolean: boolean): Literal {
  return { scalar: { primitive: { boolean } } };
}

function isNumber(text: string): boolean {
  return text.trim() !== "" && Number.isFinite(Number(text));
}

function readBoolean(word: string): Primitive | null {
  return word === "true" || word === "false" ? { boolean: word === "true" } : null;
}

function readTime(text: string): Primitive | null {
  const time = Date.parse(text);
  return Number.isNaN(time) ? null : { datetime: new Date(time).toISOString() };
}
