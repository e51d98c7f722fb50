/** What is open in other projects: whoever looks after the installation sees that there is more than this list. */
import { get } from '#lib/api.ts';
import { pipeline } from '#lib/pipeline.svelte.ts';
import { createQuery } from '#lib/query.svelte.ts';
import { session } from '#lib/session.svelte.ts';

export interface OpenElsewhere {
  readonly id: string;
  readonly name: string;
  readonly open: number;
}

/** More projects than this are not asked. */
const mostAsked = 10;

/** Asks only while more is open in all than here. Call during a component's initialisation. */
export const createElsewhere = (openHere: () => number | undefined) => {
  const isMore = $derived((pipeline.data?.openDeadLetters ?? 0) > (openHere() ?? Number.POSITIVE_INFINITY));
  const asked = createQuery(() => {
    if (!isMore) return null;
    const others = session.projects.filter(({ id }) => id !== session.projectId).slice(0, mostAsked);
    return (signal) =>
      Promise.all(
        others.map(async ({ id, name }): Promise<OpenElsewhere> => {
          const query = { projectId: id, status: 'open', limit: 1 } as const;
          const { counts } = await get('/projects/:projectId/dead-letters', query, signal);
          return { id, name, open: counts.open };
        }),
      );
  });
  return {
    get projects(): readonly OpenElsewhere[] {
      return asked.data?.filter(({ id, open }) => open > 0 && id !== session.projectId) ?? [];
    },
  };
};
