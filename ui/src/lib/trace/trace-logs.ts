/** The log lines of a trace on its own clock: moved with the span that wrote them, offsets from the trace's start. */
import type { LogLine } from '../../../../api/contract/logs.ts';
import { attributeText } from './attribute-text.ts';
import { type SpanNode, type TraceTree, unixNanoSince } from './tree.ts';

export interface TraceLogLine {
  readonly line: LogLine;
  /** The span it was written in; null when that span was not received or not named. */
  readonly node: SpanNode | null;
  /** Milliseconds since the start of the trace. */
  readonly atMs: number;
  readonly text: string;
}

/** In order of time. */
export function placeLogs(tree: TraceTree, lines: readonly LogLine[]): TraceLogLine[] {
  const baseSeconds = Math.floor(tree.startUnixMs / 1000);
  const beforeStartMs = tree.startUnixMs - baseSeconds * 1000;
  return lines
    .map((line) => {
      const node = tree.byKey.get(line.spanId) ?? null;
      const atMs = unixNanoSince(line.sortUnixNano, baseSeconds) - beforeStartMs + (node?.clockShiftMs ?? 0);
      return { line, node, atMs, text: messageOf(line) };
    })
    .sort((a, b) => a.atMs - b.atMs);
}

/** When lines were written, by the key of their span. */
export function ringsBySpan(lines: readonly TraceLogLine[]): Map<string, number[]> {
  const rings = new Map<string, number[]>();
  for (const { node, atMs } of lines) {
    if (node === null) continue;
    const known = rings.get(node.key);
    if (known === undefined) rings.set(node.key, [atMs]);
    else known.push(atMs);
  }
  return rings;
}

/** The lines that tell what a stretch of time was about: those inside, and `beside` of them before and after. */
export function around(lines: readonly TraceLogLine[], fromMs: number, toMs: number, beside: number): TraceLogLine[] {
  const first = lines.findIndex((line) => line.atMs >= fromMs);
  const from = first === -1 ? lines.length : first;
  const after = lines.findIndex((line) => line.atMs > toMs);
  const to = after === -1 ? lines.length : after;
  return lines.slice(Math.max(0, from - beside), to + beside);
}

/** A structured body says its message under one of a few names; without it the whole body is the message. */
function messageOf({ body, eventName }: LogLine): string {
  if (body !== null && typeof body === 'object' && !Array.isArray(body)) {
    const fields = body as Readonly<Record<string, LogLine['body']>>;
    const message = fields.message ?? fields.msg;
    if (message !== undefined) return attributeText(message);
  }
  return body === null || body === '' ? eventName : attributeText(body);
}
