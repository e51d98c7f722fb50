/**
 * Deciders promise the same as sinks: each event is decided on once. Looked up where they write to: every service that
 * has sent is registered, by one decision, however often its record was appended.
 */
import type { Log } from '../../kernel/log/log.ts';
import { decisionIdHeader, type ServiceRegistered, servicesRegisteredTopic } from '../../kernel/topics.ts';
import { recordsOf } from './records-of.ts';

/** @returns what is wrong, each in a sentence */
export const checkDecisions = async (log: Log, project: string, services: ReadonlySet<string>): Promise<string[]> => {
  const decisions = new Map<string, Set<string>>();
  for await (const { headers, value } of recordsOf(log, servicesRegisteredTopic.name)) {
    const registered = JSON.parse(Buffer.from(value).toString()) as ServiceRegistered;
    if (registered.project !== project) continue;
    const ids = decisions.get(registered.service) ?? new Set();
    decisions.set(registered.service, ids.add(headers[decisionIdHeader] ?? `${registered.slot}`));
  }
  const twice = [...decisions].filter(([, ids]) => ids.size > 1).map(([service]) => service);
  const never = [...services].filter((service) => !decisions.has(service));
  return [
    ...(twice.length > 0 ? [`${twice.length} services were decided on twice: ${twice.slice(0, 5)}`] : []),
    ...(never.length > 0 ? [`${never.length} services were never registered: ${never.slice(0, 5)}`] : []),
  ];
};
