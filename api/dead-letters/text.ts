/** What the bytes of a record say, for people: telemetry as OTLP/JSON, events as the JSON they are, both indented. */
import { requestAsJson } from '../../kernel/otlp/json/write.ts';
import type { Signal } from '../../kernel/otlp/messages.ts';
import { logsTopic, metricsTopic, spansTopic } from '../../kernel/topics.ts';

export interface ShownText {
  readonly text: string | null;
  readonly textCut: boolean;
}

/** Reading more would hold up everything else of this process. */
const maxReadBytes = 2 ** 20;
const maxTextLength = 256 * 1024;

const signalOf: ReadonlyMap<string, Signal> = new Map([
  [spansTopic.name, 'traces'],
  [logsTopic.name, 'logs'],
  [metricsTopic.name, 'metrics'],
]);

/** No text where the bytes are too many, or not what records of the topic are. */
export const textOf = (bytes: Uint8Array, topic: string): ShownText => {
  if (bytes.byteLength > maxReadBytes) return noText;
  try {
    const signal = signalOf.get(topic);
    const text = JSON.stringify(signal === undefined ? parseExactly(bytes) : requestAsJson(bytes, signal), null, 2);
    return { text: text.slice(0, maxTextLength), textCut: text.length > maxTextLength };
  } catch {
    // Most are dead letters for just this reason.
    return noText;
  }
};

const noText: ShownText = { text: null, textCut: false };

/** Numbers stay as they were written: some are beyond what a double holds. */
const parseExactly = (bytes: Uint8Array): unknown =>
  JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes), ((_key, value, context) =>
    typeof value === 'number' && context?.source !== undefined ? rawJson(context.source) : value) as Reviver);

type Reviver = (key: string, value: unknown, context?: { readonly source?: string }) => unknown;

const { rawJSON: rawJson } = JSON as unknown as { readonly rawJSON: (text: string) => unknown };
