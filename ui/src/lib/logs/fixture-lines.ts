/** Builds log lines for the tests of this folder: only what a test is about has to be written down. */
import type { LogLine } from '../../../../api/contract/logs.ts';

/** `atMs` counts from one fixed moment; `index` tells lines of one moment apart. */
export const lineAt = (atMs: number, rest: Partial<LogLine> = {}, index = 0): LogLine => {
  const nano = (1_795_082_400_000_000_000n + BigInt(Math.round(atMs * 1e6))).toString();
  return {
    id: `${nano}-0-7-${index}`,
    sortUnixNano: nano,
    timeUnixNano: nano,
    observedTimeUnixNano: nano,
    service: 'shop',
    severity: 'info',
    severityNumber: 9,
    severityText: 'INFO',
    body: `line ${atMs}`,
    eventName: '',
    traceId: '',
    spanId: '',
    flags: 0,
    attributes: {},
    droppedAttributesCount: 0,
    resource: { attributes: {}, schemaUrl: '' },
    scope: { name: '', version: '', attributes: {}, schemaUrl: '' },
    ...rest,
  };
};
