/** Whether several parts of an element have one name: what is published has none such, but anything may write a log. */
export function hasTwins(parts: readonly { readonly name: string }[] = []): boolean {
  return new Set(parts.map(({ name }) => name)).size < parts.length;
}

/** An element without some of its fields, all of which may be left out. */
export function without<E extends object>(element: E, ...fields: readonly (keyof E)[]): E {
  return Object.fromEntries(Object.entries(element).filter(([name]) => !fields.includes(name as keyof E))) as E;
}
