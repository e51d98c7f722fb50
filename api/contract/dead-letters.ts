/** Records that a processor could not take, with the reason and the bytes: to look at, to put back, to give up. */
import { z } from 'zod';
import { count, id, inProject, milliseconds, page, route } from './values.ts';

/** open: nobody has decided yet. retrying: being put back. retried: it was put back. discarded: somebody gave it up. */
export const deadLetterStatus = z.enum(['open', 'retrying', 'retried', 'discarded']);

export const deadLetter = z.object({
  id,
  processor: z.string(),
  reason: z.string(),
  /** Where it was read. */
  topic: z.string(),
  partition: count,
  offset: count,
  /** When it was set aside. */
  atMs: milliseconds,
  /** Of the value, as it is on the log. */
  sizeBytes: count,
  /** Spans, log records or points in it; null where it is no telemetry. */
  records: count.nullable(),
  status: deadLetterStatus,
  /** When it was put back or given up; null before. */
  decidedAtMs: milliseconds.nullable(),
  /** The dead letter that it was before it was put back and failed again. */
  retryOf: id.nullable(),
  /** Why it was not put back when it was last asked for; null where it was, or nobody asked. */
  retryFailure: z.string().nullable(),
});
export const deadLetterDetail = deadLetter.extend({
  headers: z.record(z.string(), z.string()),
  /** The record's value; null when the log no longer keeps it: then it cannot be put back. */
  value: z
    .object({
      /** False where it is shown as it is on the log, because it cannot be decompressed, or to more than may be shown. */
      unpacked: z.boolean(),
      /** The first 64 KiB. */
      base64: z.string(),
      /** Of all of it, as it is shown. */
      sizeBytes: count,
      cut: z.boolean(),
      /** What it says, as indented JSON text, where it can be read and is not too large; telemetry as OTLP/JSON. */
      text: z.string().nullable(),
      /** Whether that is only how the text begins. */
      textCut: z.boolean(),
    })
    .nullable(),
});

const ofDeadLetter = inProject.extend({ deadLetterId: id });
const which = z.object({
  status: deadLetterStatus.optional(),
  processor: z.string().max(200).optional(),
  reason: z.string().max(1000).optional(),
});
const outcome = z.object({
  changed: count,
  /** Those that will be, as soon as the processors come to it: the decision is kept. */
  pending: z.array(id),
  /** Those that were left as they were, and why. */
  failed: z.array(z.object({ id, reason: z.string() })),
});

export const deadLettersRoutes = {
  listDeadLetters: route({
    method: 'GET',
    path: '/projects/:projectId/dead-letters',
    summary: 'Dead letters, the newest first',
    authenticated: true,
    params: inProject,
    query: which.extend(page),
    answer: z.object({
      deadLetters: z.array(deadLetter),
      nextCursor: z.string().nullable(),
      /** By processor and reason, of those that are open: the largest groups. */
      groups: z.array(z.object({ processor: z.string(), reason: z.string(), count, newestMs: milliseconds })),
      counts: z.object({ open: count, retrying: count, retried: count, discarded: count }),
    }),
  }),
  getDeadLetter: route({
    method: 'GET',
    path: '/projects/:projectId/dead-letters/:deadLetterId',
    summary: 'A dead letter with its headers and bytes',
    authenticated: true,
    params: ofDeadLetter,
    answer: deadLetterDetail,
  }),
  retryDeadLetters: route({
    method: 'POST',
    path: '/projects/:projectId/dead-letters/retry',
    summary: 'Put dead letters back for the processor that could not take them',
    authenticated: true,
    params: inProject,
    body: z.object({ ids: z.array(id).min(1).max(500) }),
    answer: outcome,
  }),
  discardDeadLetters: route({
    method: 'POST',
    path: '/projects/:projectId/dead-letters/discard',
    summary: 'Give dead letters up',
    authenticated: true,
    params: inProject,
    body: z.object({ ids: z.array(id).min(1).max(500) }),
    answer: outcome,
  }),
};

export type DeadLetter = z.infer<typeof deadLetter>;
export type DeadLetterDetail = z.infer<typeof deadLetterDetail>;
export type DeadLetterStatus = z.infer<typeof deadLetterStatus>;
