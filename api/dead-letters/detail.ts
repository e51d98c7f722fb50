/** A dead letter with its headers and bytes, which are read from the log. */
import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import { readLetter } from '../../kernel/letter-on-log.ts';
import type { Log, LogRecord } from '../../kernel/log/log.ts';
import type { DeadLetterPages } from '../../kernel/state/letter-pages.ts';
import { otlpHeaders } from '../../kernel/topics.ts';
import { ApiError } from '../api-error.ts';
import type { DeadLetterDetail } from '../contract/dead-letters.ts';
import type { Handler } from '../handler.ts';
import { readLog } from '../read-log.ts';
import { deadLetterOf } from './letter.ts';
import { textOf } from './text.ts';

export const getDeadLetter =
  (pages: DeadLetterPages, log: Log): Handler<'getDeadLetter'> =>
  async ({ deadLetterId }, { tenant }) => {
    const letter = (await pages.byIds(tenant, [deadLetterId])).get(deadLetterId);
    if (letter === undefined) throw new ApiError('NOT_FOUND', 'There is no dead letter with this id.');
    const record = await readLog(readLetter(log, letter.id, letter.letterOffset));
    return {
      ...deadLetterOf(letter),
      headers: record?.headers ?? {},
      value: record === undefined ? null : await shownValue(record, letter.topic),
    };
  };

const maxShownBytes = 64 * 1024;
/** What decompresses to more is shown as it is on the log: a few bytes can stand for gigabytes. */
const maxUnpackedBytes = 16 * 2 ** 20;

const shownValue = async (record: LogRecord, topic: string): Promise<DeadLetterDetail['value']> => {
  const unpacked = await unpack(record);
  const bytes = unpacked ?? record.value;
  const shown = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, maxShownBytes));
  return {
    unpacked: unpacked !== undefined,
    base64: shown.toString('base64'),
    sizeBytes: bytes.byteLength,
    cut: bytes.byteLength > maxShownBytes,
    ...textOf(bytes, topic),
  };
};

/** Undefined when it cannot be decompressed. What says nothing of an encoding has none. */
const unpack = async ({ headers, value }: LogRecord): Promise<Uint8Array | undefined> => {
  const encoding = headers[otlpHeaders.encoding] ?? 'identity';
  if (encoding === 'identity') return value;
  if (encoding !== 'zstd') return undefined;
  try {
    return await decompress(value, { maxOutputLength: maxUnpackedBytes });
  } catch {
    return undefined;
  }
};

const decompress = promisify(zstdDecompress);
