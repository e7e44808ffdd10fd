// @vitest-environment jsdom
import { describe, expect, it } from "vitest";
import { cleanedSvg, escaped } from "../../src/core/svg";
import { SvgPen } from "../../src/plotting/svgPen";

const HOSTILE = `]]></text><script>alert(1)</script><a href="javascript:alert(1)">&lt;"'\u0000\u0007\ud800\u202e`;

function svg(inside: string, attributes = ""): string {
  return `<svg xmlns="http://www.w3.org/2000/svg"${attributes}>${inside}</svg>`;
}

function drawn(label: string): string {
  const pen = new SvgPen(200, 100, { font: "", measureText: () => ({ width: 10 }) as TextMetrics });
  pen.font = `600 14px "Face", sans-serif`;
  pen.fillRect(0, 0, 200, 100);
  pen.save();
  pen.beginPath();
  pen.rect(2, 2, 50, 50);
  pen.clip();
  pen.translate(5, 5);
  pen.rotate(-Math.PI / 2);
  pen.globalAlpha = 0.5;
  pen.setLineDash([6, 4]);
  pen.strokeStyle = "rgb(1,2,3)";
  pen.beginPath();
  pen.moveTo(1, 1);
  pen.lineTo(2.345, -7);
  pen.stroke();
  pen.restore();
  pen.beginPath();
  pen.arc(5, 5, 2);
  pen.closePath();
  pen.fill();
  pen.textBaseline = "middle";
  pen.fillText(label, 3, 4);
  return pen.svg(label);
}

describe("cleanedSvg", () => {
  it("keeps all that charts write", () => {
    const written = drawn("loss & accuracy");
    expect(cleanedSvg(written)).toBe(written);
  });

  it("keeps a hostile label as the words that it is", () => {
    const cleaned = cleanedSvg(drawn(HOSTILE)) ?? "";
    const root = new DOMParser().parseFromString(cleaned, "image/svg+xml").documentElement;
    expect([...root.querySelectorAll("*")].map(({ localName }) => localName)).toEqual(["title", "path", "clipPath", "path", "path", "path", "text"]);
    expect(root.querySelector("text")?.textContent).toBe(Array.from(HOSTILE, (each) => (["\u0000", "\u0007", "\ud800"].includes(each) ? "?" : each)).join(""));
  });

  it.each([
    ["<script>alert(1)</script>", ""],
    ['<a href="javascript:alert(1)"><path d="M0 0"/></a>', ""],
    ["<foreignObject><body xmlns='http://www.w3.org/1999/xhtml'><script>alert(1)</script></body></foreignObject>", ""],
    ['<use href="https://example.com/x#y"/><image href="https://example.com/x.png"/><style>@import "x"</style>', ""],
    ['<animate attributeName="href" values="javascript:alert(1)"/><set attributeName="onclick" to="alert(1)"/>', ""],
    ['<path onclick="alert(1)" style="x" d="M0 0L1 1" xlink:href="x" xmlns:xlink="http://www.w3.org/1999/xlink"/>', '<path d="M0 0L1 1"/>'],
    ['<path fill="url(https://example.com/x)" stroke="url(#x)" clip-path="url(https://example.com/x#y)" d="M0 0"/>', '<path d="M0 0"/>'],
    ['<text onload="alert(1)">a<tspan onload="alert(1)">b</tspan><script>c</script></text>', "<text>abc</text>"],
    ['<clipPath id="clip1"><script>alert(1)</script><path d="M0 0"/></clipPath>', '<clipPath id="clip1"><path d="M0 0"/></clipPath>'],
    ['<script xmlns="http://www.w3.org/1999/xhtml">alert(1)</script><x:script xmlns:x="http://www.w3.org/2000/svg">alert(1)</x:script>', ""],
    ['<x:path xmlns:x="http://www.w3.org/1999/xhtml" d="M0 0"/>', ""],
  ])("leaves out what may run or load: %s", (inside, left) => {
    expect(cleanedSvg(svg(inside, ' onload="alert(1)" width="1"'))).toBe(svg(left, ' width="1"'));
  });

  it.each([
    "",
    "no svg",
    svg("<path"),
    "<svg/>",
    '<html xmlns="http://www.w3.org/1999/xhtml"><body/></html>',
    `<!DOCTYPE svg [<!ENTITY a "aaaa">]>${svg("<text>&a;</text>")}`,
    `<?xml-stylesheet href="x.xsl"?>${svg("")}`,
  ])("refuses what charts never write: %s", (text) => {
    expect(cleanedSvg(text)).toBeNull();
  });
});

it("writes for XML what XML has no place for as question marks", () => {
  expect(escaped("a\u0001\uffff\udc00<&>\"\u{1f600}")).toBe("a???&lt;&amp;&gt;&quot;\u{1f600}");
});
