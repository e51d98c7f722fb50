/** The choices of the list, as they stand in the URL. */
export const deadLetterStatuses = ['open', 'retrying', 'retried', 'discarded', 'all'] as const;
export type StatusFilter = (typeof deadLetterStatuses)[number];
