/** The file that carries rows to the engine. Whole or refused: of half a file the engine would say that the rows are bad. */
import { open } from 'node:fs/promises';
import { reached } from '../steps.ts';

/** @throws Error when not all of it could be written: the disk is full, say, which is not the rows' fault. */
export const writeSpoolFile = async (path: string, parts: readonly Uint8Array[]): Promise<void> => {
  const file = await open(path, 'wx', 0o600);
  try {
    // Not writev: on a disk that becomes full it writes what fits, and resolves.
    for (const part of parts) await file.writeFile(part);
  } finally {
    await file.close();
  }
  reached('sink: rows sent');
};
