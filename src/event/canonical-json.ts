// One spelling for equal JSON values, so that what a publisher says twice has the same hash.

/**
 * JSON text with the keys of objects in code unit order and no blanks (as RFC 8785 orders them); a `Date` as its ISO text,
 * undefined members left out. Deeper than 1,000 levels throws `RangeError`; no JSON parsed here is that deep.
 */
export function canonicalJson(value: unknown, depth = 0): string {
  if (depth > 1000) throw new RangeError('JSON nested too deep');
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null, depth + 1)).join(',')}]`;
  if (value === null || typeof value !== 'object' || value instanceof Date) return JSON.stringify(value ?? null);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member, depth + 1)}`);
  return `{${members.join(',')}}`;
}
