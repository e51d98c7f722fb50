/** What a pasted text points at: a trace id goes straight to its trace. */
export const traceIdIn = (text: string): string | null => {
  const traceparent = /(?:^|[^0-9a-f])[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(?:[^0-9a-f]|$)/i.exec(text);
  const plain = /(?:^|[^0-9a-f])([0-9a-f]{32})(?:[^0-9a-f]|$)/i.exec(text);
  const found = (traceparent ?? plain)?.[1]?.toLowerCase() ?? null;
  return found === null || /^0+$/.test(found) ? null : found;
};
