/** What a list shows of a log line: its message in plain text and its fields, worked out once per line. */
import type { LogLine } from '../../../../api/contract/logs.ts';
import { nanoToMs } from '../format-time.ts';
import { attributeText } from '../trace/attribute-text.ts';

export interface LineField {
  /** As the query language names it. */
  readonly key: string;
  readonly value: string;
}

export interface LineView {
  readonly line: LogLine;
  readonly ms: number;
  readonly message: string;
  /** Of the record, in the sender's order. Not those of the resource. */
  readonly fields: readonly LineField[];
}

/** Kept as long as the line is. */
export const viewOf = (line: LogLine): LineView => {
  const known = views.get(line);
  if (known !== undefined) return known;
  const view: LineView = {
    line,
    ms: nanoToMs(line.sortUnixNano),
    message: messageOf(line),
    fields: Object.entries(line.attributes).map(([key, value]) => ({ key, value: attributeText(value) })),
  };
  views.set(line, view);
  return view;
};

/** A structured body says its message under one of a few names; without it the whole body is the message. */
export const messageOf = ({ body, eventName, attributes }: LogLine): string => {
  if (body === null || body === '') {
    if (eventName !== '') return eventName;
    const thrown = attributes['exception.message'];
    return thrown === undefined ? '' : attributeText(thrown);
  }
  if (typeof body === 'object' && !Array.isArray(body)) {
    const fields = body as Readonly<Record<string, LogLine['body']>>;
    const message = messageNames.map((name) => fields[name]).find((value) => value !== undefined && value !== null);
    if (message !== undefined) return plainText(attributeText(message));
  }
  return plainText(attributeText(body));
};

/** Everything one can read off the line, for the panel: its own attributes, then its resource's and scope's. */
export const detailsOf = (line: LogLine): { own: LineField[]; resource: LineField[]; scope: LineField[] } => ({
  own: viewOf(line).fields.slice(),
  resource: Object.entries(line.resource.attributes).map(([key, value]) => ({ key, value: attributeText(value) })),
  scope: [
    ...(line.scope.name === '' ? [] : [{ key: 'scope.name', value: line.scope.name }]),
    ...(line.scope.version === '' ? [] : [{ key: 'scope.version', value: line.scope.version }]),
    ...Object.entries(line.scope.attributes).map(([key, value]) => ({ key, value: attributeText(value) })),
  ],
});

/** The value of one field of a line, wherever it stands; '' when it has none. */
export const fieldValue = (line: LogLine, key: string): string => {
  const value = line.attributes[key] ?? line.resource.attributes[key];
  return value === undefined ? '' : attributeText(value);
};

// ---- helpers

const views = new WeakMap<LogLine, LineView>();
const messageNames = ['message', 'msg', 'event', 'error'];

/** Without the colours of a terminal, which would be read as text. */
const plainText = (text: string): string => (text.includes(escapeCode) ? text.replace(terminalCodes, '') : text);
const escapeCode = '\u001b';
const terminalCodes = new RegExp(`${escapeCode}\\[[0-9;?]*[A-Za-z]`, 'g');
