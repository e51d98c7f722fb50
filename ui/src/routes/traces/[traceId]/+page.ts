/** One file for the pages of all traces. */
export const entries = (): { traceId: string }[] => [{ traceId: '_' }];
