import { describe, expect, it } from "vitest";
import { showLiteral } from "../../src/core/literals";
import { decodeMsgpack, fromBase64 } from "../../src/core/msgpack";
import type { Literal } from "../../src/protocol/flyte";

const primitive = (value: object): Literal => ({ scalar: { primitive: value } });

describe("showLiteral", () => {
  it.each<[Literal, object]>([
    [primitive({ integer: "9007199254740993" }), { form: "code", type: "int", text: "9007199254740993" }],
    [primitive({ floatValue: 0.5 }), { form: "code", type: "float", text: "0.5" }],
    [primitive({ boolean: false }), { form: "code", type: "bool", text: "False" }],
    [primitive({ stringValue: "" }), { form: "text", type: "str", text: "" }],
    [primitive({}), { form: "text", type: "str", text: "" }],
    [primitive({ duration: "90s" }), { form: "text", type: "timedelta", text: "1 min 30 s" }],
    [{ scalar: { noneType: {} } }, { form: "text", type: "none", text: "None" }],
    [{ scalar: { union: { value: primitive({ integer: "1" }) } } }, { form: "code", type: "int", text: "1" }],
    [
      { scalar: { blob: { uri: "s3://b/f.csv", metadata: { type: { format: "csv" } } } } },
      { form: "uri", type: "file, csv", uri: "s3://b/f.csv" },
    ],
    [
      { scalar: { blob: { uri: "s3://b/0123", metadata: { type: { format: "PythonPickle" } } } } },
      { form: "uri", type: "pickled value", uri: "s3://b/0123" },
    ],
    [
      { scalar: { structuredDataset: { uri: "s3://b/t", metadata: { structuredDatasetType: { format: "parquet" } } } } },
      { form: "uri", type: "table, parquet", uri: "s3://b/t" },
    ],
    [
      { scalar: { binary: { tag: "msgpack", value: "gqFhAaFikgLA" } } },
      { form: "json", type: "object", value: { a: 1, b: [2, null] } },
    ],
    [
      { offloadedMetadata: { uri: "s3://b/o0.pb", sizeBytes: "33000000" } },
      { form: "uri", type: "value of 31.5 MiB", uri: "s3://b/o0.pb" },
    ],
    [{ collection: {} }, { form: "list", type: "list of 0", items: [] }],
  ])("%j", (literal, shown) => {
    expect(showLiteral(literal)).toEqual(shown);
  });

  it("shows a Struct, which keeps no order, always the same", () => {
    const one = showLiteral({ scalar: { generic: { b: [{ z: 1, a: 2 }], a: null } } });
    const other = showLiteral({ scalar: { generic: { a: null, b: [{ a: 2, z: 1 }] } } });
    expect(JSON.stringify(one)).toBe(JSON.stringify(other));
    expect(one).toEqual({ form: "json", type: "struct", value: { a: null, b: [{ a: 2, z: 1 }] } });
  });

  it("shows lists and dicts of anything", () => {
    const literal: Literal = {
      map: { literals: { xs: { collection: { literals: [primitive({ integer: "1" }), primitive({ integer: "2" })] } } } },
    };
    expect(showLiteral(literal)).toMatchObject({
      form: "map",
      entries: [["xs", { form: "list", items: [{ text: "1" }, { text: "2" }] }]],
    });
  });

  it("shows a value that names its variant of a union as the value alone", () => {
    const value =
      "gqFhgqp1bmlvbi50eXBlo3N0cqt1bmlvbi52YWx1ZaNyZWShYpGCqnVuaW9uLnR5cGWjc3Ryq3VuaW9uLnZhbHVlgqp1bmlvbi50eXBloXirdW5pb24udmFsdWUB";
    expect(showLiteral({ scalar: { binary: { tag: "msgpack", value } } })).toMatchObject({ value: { a: "red", b: [1] } });
  });

  it("says so when an object cannot be read, and shows the rest of the page", () => {
    const cut = showLiteral({ scalar: { binary: { tag: "msgpack", value: "gqFh" } } });
    expect(cut).toMatchObject({ form: "text", type: "object" });
  });
});

describe("decodeMsgpack", () => {
  const bytes = (...values: number[]) => decodeMsgpack(Uint8Array.from(values));

  it("reads each type that Python writes", () => {
    expect(bytes(0x7f)).toBe(127);
    expect(bytes(0xff)).toBe(-1);
    expect(bytes(0xd1, 0xff, 0x00)).toBe(-256);
    expect(bytes(0xcd, 0x01, 0x00)).toBe(256);
    expect(bytes(0xcb, 0x3f, 0xe0, 0, 0, 0, 0, 0, 0)).toBe(0.5);
    expect(bytes(0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)).toBe("18446744073709551615");
    expect(bytes(0xd9, 0x02, 0xc3, 0xa9)).toBe("é");
    expect(bytes(0xdc, 0x00, 0x01, 0xc3)).toEqual([true]);
    expect(decodeMsgpack(fromBase64("gA=="))).toEqual({});
  });
});
