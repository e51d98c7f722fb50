/** Keys, texts and numbers of JSON, each to be drawn in its colour; joined they are the JSON again. */

export type JsonPart = readonly [kind: 'key' | 'string' | 'number' | 'plain', text: string];

export const jsonParts = (json: string): JsonPart[] => {
  const found: JsonPart[] = [];
  let at = 0;
  for (const match of json.matchAll(/("(?:[^"\\]|\\.)*")(\s*:)?|-?\d[\d.eE+-]*|\btrue\b|\bfalse\b|\bnull\b/g)) {
    if (match.index > at) found.push(['plain', json.slice(at, match.index)]);
    const [whole, text, colon] = match;
    if (text === undefined) found.push(['number', whole]);
    else {
      found.push([colon === undefined ? 'string' : 'key', text]);
      if (colon !== undefined) found.push(['plain', colon]);
    }
    at = match.index + whole.length;
  }
  found.push(['plain', json.slice(at)]);
  return found;
};
