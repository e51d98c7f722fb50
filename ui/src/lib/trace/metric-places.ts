/** Where a span ran, as filters over metrics: the host, the pod, and the service there. */
import type { Attributes } from '../../../../api/contract/values.ts';
import { term } from '../query-box/query-text.ts';
import { attributeText } from './attribute-text.ts';

export interface MetricPlace {
  readonly kind: 'host' | 'pod' | 'service';
  readonly name: string;
  /** In the query language. */
  readonly q: string;
}

/**
 * None where the resource names neither host nor pod: who measures there, and not in the service itself, is then unknown.
 * @param attributes of the resource. @see https://opentelemetry.io/docs/specs/semconv/resource/host/ and …/k8s/
 */
export function metricPlaces(service: string, attributes: Attributes): MetricPlace[] {
  const places = placeKeys.flatMap(({ kind, key }): MetricPlace[] => {
    const value = attributes[key];
    const name = value === undefined || value === null ? '' : attributeText(value);
    return name === '' ? [] : [{ kind, name, q: term(key, name) }];
  });
  return places.length === 0 ? [] : [...places, { kind: 'service', name: service, q: term('service', service) }];
}

const placeKeys = [
  { kind: 'host', key: 'host.name' },
  { kind: 'pod', key: 'k8s.pod.name' },
] as const;
