/** Flyte's literals as values that people read: what a Python user would have written, and what kind it is. */
import type { Literal, LiteralMap, Scalar } from "../protocol/flyte";
import { formatDuration, formatExactTime, parseDuration } from "./durations";
import { decodeMsgpack, fromBase64 } from "./msgpack";
import { formatNumber, formatSize } from "./numerals";

export type Shown =
  | { readonly form: "text"; readonly type: string; readonly text: string }
  | { readonly form: "code"; readonly type: string; readonly text: string }
  | { readonly form: "json"; readonly type: string; readonly value: unknown }
  | { readonly form: "uri"; readonly type: string; readonly uri: string }
  | { readonly form: "list"; readonly type: string; readonly items: readonly Shown[] }
  | { readonly form: "map"; readonly type: string; readonly entries: readonly (readonly [string, Shown])[] };

export function showLiteral(literal: Literal): Shown {
  if (literal.collection) {
    const items = (literal.collection.literals ?? []).map(showLiteral);
    return { form: "list", type: `list of ${formatNumber(items.length)}`, items };
  }
  if (literal.map) return { form: "map", type: "dict", entries: showMap(literal.map) };
  if (literal.offloadedMetadata) {
    const { uri = "", sizeBytes = "0" } = literal.offloadedMetadata;
    return { form: "uri", type: `value of ${formatSize(Number(sizeBytes))}`, uri };
  }
  return literal.scalar ? showScalar(literal.scalar) : { form: "text", type: "none", text: "None" };
}

export function showMap(map: LiteralMap | undefined): readonly (readonly [string, Shown])[] {
  const entries = Object.entries(map?.literals ?? {}).sort(([a], [b]) => a.localeCompare(b)); // protobuf keeps no order
  return entries.map(([name, literal]) => [name, showLiteral(literal)] as const);
}

function showScalar(scalar: Scalar): Shown {
  if (scalar.primitive) return showPrimitive(scalar.primitive);
  if (scalar.union) return showLiteral(scalar.union.value ?? {});
  if (scalar.binary) return showBinary(scalar.binary);
  if (scalar.generic) return { form: "json", type: "struct", value: sorted(scalar.generic) };
  if (scalar.error) return { form: "text", type: "error", text: scalar.error.message ?? "" };
  return showStored(scalar);
}

/** Data that lies in the store, of which the literal holds the address. */
function showStored({ blob, structuredDataset, schema }: Scalar): Shown {
  if (blob) {
    const { format, dimensionality } = blob.metadata?.type ?? {};
    if (format === "PythonPickle") return { form: "uri", type: "pickled value", uri: blob.uri ?? "" };
    const kind = dimensionality === "MULTIPART" ? "directory" : "file";
    return { form: "uri", type: format ? `${kind}, ${format}` : kind, uri: blob.uri ?? "" };
  }
  if (structuredDataset) {
    const format = structuredDataset.metadata?.structuredDatasetType?.format;
    return { form: "uri", type: format ? `table, ${format}` : "table", uri: structuredDataset.uri ?? "" };
  }
  if (schema) return { form: "uri", type: "table", uri: schema.uri ?? "" };
  return { form: "text", type: "none", text: "None" };
}

/** A Struct of protobuf keeps no order: the same value is to look the same each time. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => a.localeCompare(b));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}

function showPrimitive(primitive: NonNullable<Scalar["primitive"]>): Shown {
  const { integer, floatValue, stringValue, boolean, datetime, duration } = primitive;
  if (integer !== undefined) return { form: "code", type: "int", text: String(integer) };
  if (floatValue !== undefined) return { form: "code", type: "float", text: String(floatValue) };
  if (boolean !== undefined) return { form: "code", type: "bool", text: boolean ? "True" : "False" };
  if (datetime !== undefined) return { form: "text", type: "datetime", text: formatExactTime(datetime) };
  if (duration !== undefined) {
    return { form: "text", type: "timedelta", text: formatDuration(parseDuration(duration) ?? 0) };
  }
  return { form: "text", type: "str", text: stringValue ?? "" };
}

/** What livedeck's SDK writes where a value in a record must say which variant of a union it is: the value alone. */
function withoutNames(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNames);
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  const entries = Object.entries(value);
  if (entries.length === 2 && "union.type" in value && "union.value" in value) return withoutNames(value["union.value"]);
  return Object.fromEntries(entries.map(([key, inner]) => [key, withoutNames(inner)]));
}

function showBinary({ value = "", tag }: NonNullable<Scalar["binary"]>): Shown {
  const bytes = fromBase64(value);
  if (tag !== "msgpack") return { form: "text", type: tag ?? "bytes", text: formatSize(bytes.length) };
  try {
    return { form: "json", type: "object", value: withoutNames(decodeMsgpack(bytes)) };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { form: "text", type: "object", text: `${formatSize(bytes.length)} that cannot be read: ${error.message}` };
  }
}
