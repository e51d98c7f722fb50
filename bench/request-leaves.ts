/** Takes requests apart into their records, each with what it stands in, and puts records together to requests. */
import type protobuf from 'protobufjs';
import { logsRequest, metricsRequest, traceRequest } from '../kernel/otlp/proof/reference.ts';
import type { Signal } from './corpus-file.ts';

/** A span, a log record or a data point. Those of one resource, scope or metric have the same object there. */
export interface Leaf {
  readonly resource: object;
  readonly scope: object;
  /** Only of a data point. */
  readonly metric: object | undefined;
  readonly record: object;
  /** A data point of a gauge or a sum. */
  readonly isNumber: boolean;
}

export const leavesOf = (signal: Signal, request: Buffer): Leaf[] => {
  const { type, resources, scopes, records } = messages[signal];
  const leaves: Leaf[] = [];
  for (const { [scopes]: ofResource, ...resource } of listOf(type.decode(request), resources)) {
    for (const { [records]: ofScope, ...scope } of ofResource as Fields[]) {
      for (const record of ofScope as Fields[]) {
        if (signal === 'metrics') leaves.push(...pointsOf(resource, scope, record));
        else leaves.push({ resource, scope, metric: undefined, record, isNumber: false });
      }
    }
  }
  return leaves;
};

export const encodeRequest = (signal: Signal, leaves: readonly Leaf[]): Buffer => {
  const { type, resources, scopes, records } = messages[signal];
  const request: Fields[] = [];
  for (const [i, leaf] of leaves.entries()) {
    const before = leaves[i - 1];
    const isNewResource = leaf.resource !== before?.resource;
    const isNewScope = isNewResource || leaf.scope !== before?.scope;
    if (isNewResource) request.push({ ...leaf.resource, [scopes]: [] });
    const ofResource = listOf(request.at(-1)!, scopes);
    if (isNewScope) ofResource.push({ ...leaf.scope, [records]: [] });
    const ofScope = listOf(ofResource.at(-1)!, records);
    if (leaf.metric === undefined) ofScope.push(leaf.record as Fields);
    else addPoint(ofScope, leaf, isNewScope || leaf.metric !== before?.metric);
  }
  return Buffer.from(type.encode({ [resources]: request }).finish());
};

type Fields = Record<string, unknown>;

const messages: Readonly<Record<Signal, { type: protobuf.Type; resources: string; scopes: string; records: string }>> =
  {
    traces: { type: traceRequest, resources: 'resourceSpans', scopes: 'scopeSpans', records: 'spans' },
    logs: { type: logsRequest, resources: 'resourceLogs', scopes: 'scopeLogs', records: 'logRecords' },
    metrics: { type: metricsRequest, resources: 'resourceMetrics', scopes: 'scopeMetrics', records: 'metrics' },
  };

const kinds = ['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary'];
const kindOf = (metric: object): string => kinds.find((kind) => Object.hasOwn(metric, kind))!;

const pointsOf = (resource: object, scope: object, metric: Fields): Leaf[] => {
  const kind = kindOf(metric);
  const isNumber = kind === 'gauge' || kind === 'sum';
  return listOf(metric[kind] as Fields, 'dataPoints').map((record) => ({ resource, scope, metric, record, isNumber }));
};

const addPoint = (metrics: Fields[], { metric, record }: Leaf, isNewMetric: boolean): void => {
  const kind = kindOf(metric!);
  if (isNewMetric) metrics.push({ ...metric, [kind]: { ...(metric as Fields)[kind]!, dataPoints: [] } });
  listOf(metrics.at(-1)![kind] as Fields, 'dataPoints').push(record as Fields);
};

const listOf = (of: object, field: string): Fields[] => (of as Record<string, Fields[]>)[field] ?? [];
