/**
 * Why something failed, said to a person. Libraries wrap errors: the outermost may be a query with everything that was
 * in it, customers' bytes too, and the reason, that nothing listens there, is the innermost.
 */

/** At most 300 characters: what was said of it, down to the innermost cause, without the text or parameters of queries. */
export const reasonOf = (error: unknown): string => {
  const said: string[] = [];
  for (const { message, code, name } of chainOf(error)) {
    if (isQuery(message)) continue;
    // Node says nothing in the message when it tried several addresses of a host.
    const words = (message || code || name).trim();
    if (!said.some((earlier) => earlier.includes(words))) said.push(words);
  }
  const innermost = said.pop() ?? 'A query failed.';
  const whole = [...said.map((words) => words.replace(/\.$/, '')), innermost].join(': ');
  return (whole.length <= maxLength ? whole : innermost).slice(0, maxLength);
};

const maxLength = 300;
/** Causes may go round in a circle. */
const maxDepth = 8;

interface Link {
  readonly message: string;
  readonly code: string;
  readonly name: string;
}

/** From the outermost on; of several causes the first. */
const chainOf = (error: unknown): readonly Link[] => {
  const links: Link[] = [];
  for (let at = error; at !== undefined && at !== null && links.length < maxDepth; ) {
    if (!(at instanceof Error)) {
      links.push({ message: String(at), code: '', name: '' });
      break;
    }
    const { message, code, name, cause, errors } = at as Error & { code?: unknown; errors?: unknown };
    links.push({ message, code: typeof code === 'string' ? code : '', name });
    at = cause ?? (Array.isArray(errors) ? errors[0] : undefined);
  }
  return links;
};

/** As drizzle says it. */
const isQuery = (message: string): boolean => message.startsWith('Failed query: ');
