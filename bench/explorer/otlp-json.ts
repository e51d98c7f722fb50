/** OTLP/JSON by hand: what the benchmarks of the explorer send is made of few words. */
import { randomBytes } from 'node:crypto';

export type Attributes = Readonly<Record<string, string | number>>;

/** Integers are sent as such, as SDKs do. */
export const attributesOf = (attributes: Attributes): object[] =>
  Object.entries(attributes).map(([key, value]) => ({
    key,
    value:
      typeof value === 'string'
        ? { stringValue: value }
        : Number.isInteger(value)
          ? { intValue: value }
          : { doubleValue: value },
  }));

export const resourceOf = (service: string): object => ({
  attributes: attributesOf({
    'service.name': service,
    'service.version': '4.12.0',
    'service.instance.id': `${service}-7d9f5c6b48-x2kqp`,
    'deployment.environment.name': 'production',
    'host.name': 'node-7.eu-central-1.internal',
    'process.runtime.name': 'nodejs',
    'telemetry.sdk.language': 'nodejs',
    'telemetry.sdk.version': '3.0.0',
  }),
});

export const newId = (bytes: 8 | 16): string => randomBytes(bytes).toString('hex');

/** @param ms Unix milliseconds, with fractions */
export const nanoOf = (ms: number): string => {
  const whole = Math.floor(ms);
  return String(BigInt(whole) * 1_000_000n + BigInt(Math.floor((ms - whole) * 1e6)));
};

/** @throws Error when not all of it was accepted */
export const sendJson = async (
  otlpHttpUrl: string,
  signal: 'traces' | 'logs' | 'metrics',
  body: object,
): Promise<void> => {
  const response = await fetch(`${otlpHttpUrl}/v1/${signal}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const answer = await response.text();
  if (!response.ok || answer.includes('partialSuccess')) throw new Error(`${signal}: ${response.status} ${answer}`);
};
