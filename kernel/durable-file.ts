/** Small files that are there whole or not at all, whatever happens meanwhile, and that outlive a power cut. */
import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Replaces what was there. The new content takes the name once it is on the disk. */
export const writeDurably = async (path: string, text: string, mode = 0o644): Promise<void> => {
  const unfinished = `${path}.unfinished`;
  const file = await open(unfinished, 'w', mode);
  try {
    // An earlier try may have left it with another mode.
    await file.chmod(mode);
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(unfinished, path);
  await flushDirectory(dirname(path));
};

/** Makes what was created, renamed and removed in a directory outlive a power cut. */
export const flushDirectory = async (path: string): Promise<void> => {
  const directory = await open(path);
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
};
