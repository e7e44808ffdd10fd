/**
 * The PNG of a mask without some of its classes: its pixels are places in a palette, so that only how much each of these
 * is seen is written anew (the chunk tRNS, RFC 2083).
 */
const HEAD = "data:image/png;base64,";
const SIGNATURE = 8; // bytes before the first chunk
const AROUND = 12; // bytes of a chunk besides its data: its length, its name, its checksum

/**
 * @param src - The mask, as a `data:` URL; what is no PNG with such a chunk comes back as it is.
 * @param hidden - The classes that are not to be seen, counted from 0.
 */
export function without(src: string, hidden: readonly number[]): string {
  if (hidden.length === 0 || !src.startsWith(HEAD)) return src;
  const file = decoded(src.slice(HEAD.length));
  for (let at = SIGNATURE; at + AROUND <= file.length; ) {
    const length = whole(file, at);
    const end = at + AROUND + length;
    if (file.slice(at + 4, at + 8) === "tRNS" && end <= file.length) {
      const alphas = Array.from({ length }, (_, place) => (hidden.includes(place - 1) ? "\0" : file.charAt(at + 8 + place)));
      const chunk = `tRNS${alphas.join("")}`;
      return HEAD + btoa(file.slice(0, at + 4) + chunk + written(checksum(chunk)) + file.slice(end));
    }
    at = end;
  }
  return src;
}

/** The bytes, as characters; none of what is no Base64. */
function decoded(text: string): string {
  return /^[A-Za-z0-9+/]*={0,2}$/.test(text) && text.length % 4 === 0 ? atob(text) : "";
}

function whole(file: string, at: number): number {
  let value = 0;
  for (let index = at; index < at + 4; index += 1) value = value * 256 + file.charCodeAt(index);
  return value;
}

function written(value: number): string {
  return String.fromCharCode(value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255);
}

/** CRC-32, as in PNG. */
function checksum(data: string): number {
  let sum = -1;
  for (let index = 0; index < data.length; index += 1) {
    sum ^= data.charCodeAt(index);
    for (let bit = 0; bit < 8; bit += 1) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  }
  return ~sum;
}
