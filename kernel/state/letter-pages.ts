/** Dead letters as the API asks for them: pages, sums, and some by their ids. Always of one project. */

import type { Queries } from './database.ts';
import { and, count, desc, eq, inArray, max, sql } from './drizzle.ts';
import { asLetter, type FiledLetter } from './filed-letters.ts';
import { deadLetters } from './tables.ts';
import { orUnavailable } from './unavailable.ts';

interface Tenant {
  readonly org: string;
  readonly project: string;
}

export interface LetterPage {
  readonly status?: FiledLetter['status'] | undefined;
  readonly processor?: string | undefined;
  readonly reason?: string | undefined;
  readonly limit: number;
  /** The last one seen. */
  readonly after?: { readonly setAsideAtMs: number; readonly id: string } | undefined;
}

export interface LetterGroup {
  readonly processor: string;
  readonly reason: string;
  readonly count: number;
  readonly newestMs: number;
}

export type DeadLetterPages = ReturnType<typeof openDeadLetterPages>;

export const openDeadLetterPages = (queries: Queries) => ({
  /** The newest first. */
  async page(tenant: Tenant, { status, processor, reason, limit, after }: LetterPage): Promise<FiledLetter[]> {
    const rows = await orUnavailable(
      queries
        .select()
        .from(deadLetters)
        .where(
          and(
            isOf(tenant),
            status === undefined ? undefined : eq(deadLetters.status, status),
            processor === undefined ? undefined : eq(deadLetters.processor, processor),
            reason === undefined ? undefined : eq(deadLetters.reason, reason),
            after === undefined
              ? undefined
              : sql`(${deadLetters.setAsideAt}, ${deadLetters.letterId}) < (${new Date(after.setAsideAtMs).toISOString()}::timestamptz, ${after.id})`,
          ),
        )
        .orderBy(desc(deadLetters.setAsideAt), desc(deadLetters.letterId))
        .limit(limit),
    );
    return rows.map(asLetter);
  },

  /** Those there are, by id. */
  async byIds(tenant: Tenant, ids: readonly string[]): Promise<ReadonlyMap<string, FiledLetter>> {
    const rows = await orUnavailable(
      queries
        .select()
        .from(deadLetters)
        .where(and(isOf(tenant), inArray(deadLetters.letterId, [...ids]))),
    );
    return new Map(rows.map((row) => [row.letterId, asLetter(row)]));
  },

  async counts(tenant: Tenant): Promise<Record<FiledLetter['status'], number>> {
    const rows = await orUnavailable(
      queries
        .select({ status: deadLetters.status, letters: count() })
        .from(deadLetters)
        .where(isOf(tenant))
        .groupBy(deadLetters.status),
    );
    const of = (status: FiledLetter['status']) => rows.find((row) => row.status === status)?.letters ?? 0;
    return { open: of('open'), retrying: of('retrying'), retried: of('retried'), discarded: of('discarded') };
  },

  /** Of those that are open, the largest groups first. */
  async groups(tenant: Tenant): Promise<LetterGroup[]> {
    const { processor, reason } = deadLetters;
    const rows = await orUnavailable(
      queries
        .select({ processor, reason, count: count(), newest: max(deadLetters.setAsideAt) })
        .from(deadLetters)
        .where(and(isOf(tenant), eq(deadLetters.status, 'open')))
        .groupBy(processor, reason)
        .orderBy(desc(count()), processor, reason)
        .limit(maxGroups),
    );
    return rows.map(({ newest, ...group }) => ({ ...group, newestMs: newest?.getTime() ?? 0 }));
  },
});

const maxGroups = 20;

const isOf = ({ org, project }: Tenant) => and(eq(deadLetters.orgId, org), eq(deadLetters.projectId, project));
