/** Completion of the query language: the explorer has no parser of its own. */
import { z } from 'zod';
import { cost, count, inProject, route, searchText, timeRange } from './values.ts';

/** Values and their counts among the rows that match, most frequent first. `sampledOneIn` is 1 when counts are exact. */
export const facets = z.object({
  facets: z.array(
    z.object({ field: z.string(), values: z.array(z.object({ value: z.string(), rows: count })), distinct: count }),
  ),
  sampledOneIn: z.number().int().positive(),
  cost,
});
export const completion = z.object({
  /** The text as the parser saw it. */
  tokens: z.array(
    z.object({
      start: count,
      end: count,
      kind: z.enum(['field', 'operator', 'value', 'word', 'phrase', 'negation', 'keyword', 'paren']),
    }),
  ),
  error: z.object({ message: z.string(), start: count, end: count }).nullable(),
  /** Replace [start, end) with `text`. `rows` is how often it occurs, where known. */
  suggestions: z.array(
    z.object({
      text: z.string(),
      label: z.string(),
      kind: z.enum(['field', 'value', 'operator']),
      rows: count.nullable(),
      start: count,
      end: count,
    }),
  ),
});

export const searchRoutes = {
  complete: route({
    method: 'GET',
    path: '/projects/:projectId/complete',
    summary: 'Parse a query, and suggest what may follow the cursor',
    authenticated: true,
    params: inProject,
    query: z.object({
      signal: z.enum(['spans', 'logs']),
      q: searchText,
      cursor: z.coerce.number().int().nonnegative(),
      ...timeRange,
    }),
    answer: completion,
  }),
};

export type Facets = z.infer<typeof facets>;
export type Completion = z.infer<typeof completion>;
