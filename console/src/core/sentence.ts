/** What a server or a library says, as a sentence by itself: errors begin small and end without a stop, to be put behind others. */
export function sentence(words: string): string {
  const begun = /^[a-z]+ /.test(words) ? words.charAt(0).toUpperCase() + words.slice(1) : words;
  return begun === "" || /[.!?:…]$/.test(begun) ? begun : `${begun}.`;
}
