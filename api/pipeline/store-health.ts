/** Which stores answer, out of what every process that runs says of those it uses. */
import type { InstanceReport, StoreReport } from '../../kernel/reports/instance-report.ts';
import type { PipelineStore } from '../contract/pipeline.ts';

const order: readonly StoreReport['name'][] = ['log', 'telemetry', 'state'];
const maxHosts = 3;

export const storesOf = (reports: readonly InstanceReport[]): PipelineStore[] =>
  order.flatMap((name) => {
    const asked = reports.flatMap(({ host, stores }) =>
      stores.filter((store) => store.name === name).map((store) => ({ host, store })),
    );
    if (asked[0] === undefined) return [];
    const failing = asked.filter(({ store }) => !store.answers);
    return [
      {
        name,
        engine: asked[0].store.engine,
        answers: failing.length === 0,
        pingMs: Math.max(...asked.map(({ store }) => store.pingMs)),
        error: errorOf(failing, asked.length),
      },
    ];
  });

const errorOf = (failing: readonly { host: string; store: StoreReport }[], asked: number): string => {
  const error = failing[0]?.store.error ?? '';
  if (failing.length === 0 || failing.length === asked) return error;
  const hosts = [...new Set(failing.map(({ host }) => host))];
  const more = hosts.length > maxHosts ? ` and ${hosts.length - maxHosts} more` : '';
  return `From ${hosts.slice(0, maxHosts).join(', ')}${more}: ${error}`;
};
