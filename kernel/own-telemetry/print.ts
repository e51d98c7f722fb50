/** Lines for the person at the terminal: time, level, message. Colour only where there is a terminal. */
import type { Report, ReportLevel } from './own-telemetry.ts';

const rank: Readonly<Record<ReportLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };
const colour: Readonly<Record<ReportLevel, string>> = { debug: '90', info: '36', warn: '33', error: '31' };

export const printTo =
  (stream: NodeJS.WriteStream, least: ReportLevel): Report =>
  (level, message, attributes = {}) => {
    if (rank[level] < rank[least]) return;
    const time = new Date().toISOString().slice(11, 19);
    const word = stream.isTTY ? `\u001b[${colour[level]}m${level.padEnd(5)}\u001b[0m` : level.padEnd(5);
    const rest = Object.entries(attributes).map(([key, value]) => ` ${key}=${value}`);
    stream.write(`${time} ${word} ${harmless(`${message}${rest.join('')}`)}\n`);
  };

/** Senders' bytes get into messages: they must not steer the terminal, nor look like a line of ours. */
const harmless = (text: string): string =>
  text
    .replace(/[^\P{Cc}\n\t]/gu, (control) => `\\x${control.charCodeAt(0).toString(16).padStart(2, '0')}`)
    .replaceAll('\n', '\n               ');
