/**
 * `backup.json`: what a backup holds, file by file. It is written last, so a directory without it is no backup; and a
 * restore refuses what differs from it.
 */
import { readFile } from 'node:fs/promises';
import { join, normalize } from 'node:path';
import { z } from 'zod';
import { writeDurably } from '../durable-file.ts';
import { OperatorError } from '../operator-error.ts';

/** A backup cannot be taken or restored; the message is one sentence for the person who asked. */
export class BackupError extends OperatorError {
  override readonly name = 'BackupError';
}

export const manifestName = 'backup.json';

/** Raised when an older program could not restore what this one writes. */
const formatVersion = 1;

/** Never out of the backup, whoever wrote the manifest. */
const innerPath = z
  .string()
  .min(1)
  .refine((path) => !path.startsWith('/') && normalize(path) === path && path.split('/')[0] !== '..');

const entry = z.union([
  z.object({ path: innerPath, bytes: z.number().int().min(0), sha256: z.string().length(64) }),
  z.object({ path: innerPath, link: z.string() }).refine(({ path, link }) => staysInside(path, link)),
  z.object({ path: innerPath, directory: z.literal(true) }),
]);

const staysInside = (path: string, link: string): boolean =>
  !link.startsWith('/') && normalize(join(path, '..', link)).split('/')[0] !== '..';

const manifest = z.object({
  format: z.number().int().max(formatVersion),
  /** Of the program that took it. */
  version: z.string(),
  /** The instant that all parts of it are of, Unix milliseconds. */
  takenAtMs: z.number(),
  /** Of all files. */
  bytes: z.number(),
  entries: z.array(entry).readonly(),
});

/** A file, a symbolic link or an empty directory, by its path in the backup. */
export type Entry = z.infer<typeof entry>;
export type Manifest = z.infer<typeof manifest>;

export const bytesOf = (entries: readonly Entry[]): number =>
  entries.reduce((sum, each) => sum + ('bytes' in each ? each.bytes : 0), 0);

export const writeManifest = (directory: string, facts: Omit<Manifest, 'format' | 'bytes'>): Promise<void> => {
  const whole: Manifest = { format: formatVersion, bytes: bytesOf(facts.entries), ...facts };
  return writeDurably(join(directory, manifestName), `${JSON.stringify(whole)}\n`, 0o600);
};

/** @throws BackupError when there is none, or it is damaged or of a newer program. */
export const readManifest = async (directory: string): Promise<Manifest> => {
  let text: string;
  try {
    text = await readFile(join(directory, manifestName), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new BackupError(`${directory} holds no backup, or one that was not finished: there is no ${manifestName}.`);
  }
  const parsed = manifest.safeParse(jsonOf(text));
  if (parsed.success) return parsed.data;
  const { format } = (jsonOf(text) ?? {}) as { format?: unknown };
  if (typeof format === 'number' && format > formatVersion) {
    throw new BackupError(`The backup in ${directory} was taken by a newer Syntra: restore it with that one.`);
  }
  throw new BackupError(`The backup in ${directory} is damaged: ${manifestName} cannot be read.`);
};

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
