/**
 * Copies files into a directory, some at a time, and takes down what each of them holds. Once flushed they outlive a
 * power cut: all together, since to wait for the disk after each of thousands of small files takes minutes.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import type { Dirent } from 'node:fs';
import { mkdir, open, readdir, readlink, stat, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { flushDirectory } from '../durable-file.ts';
import type { Entry } from './manifest.ts';

export interface FileToCopy {
  readonly from: string;
  /** In the directory. */
  readonly path: string;
}

export interface FilesOptions {
  readonly directory: string;
  /** Copying stops soon after it aborts, and rejects with its reason. */
  readonly signal: AbortSignal;
  /** Told of bytes written. */
  readonly onBytes?: (bytes: number) => void;
}

export interface Files {
  /** Everything written so far. */
  readonly entries: readonly Entry[];
  /** Files that are gone meanwhile are passed over when `mayBeGone`. */
  copy(files: AsyncIterable<FileToCopy | Entry> | Iterable<FileToCopy | Entry>, mayBeGone?: boolean): Promise<void>;
  write(path: string, content: Uint8Array): Promise<void>;
  /** Takes in a file that is in its place already. */
  adopt(path: string): Promise<void>;
  /** Resolves when everything written so far would outlive a power cut. */
  flush(): Promise<void>;
}

const atATime = 4;
const pieceBytes = 2 ** 20;

export const filesInto = ({ directory, signal, onBytes = () => {} }: FilesOptions): Files => {
  const entries: Entry[] = [];
  const directories = new Set<string>([directory]);

  const makeDirectory = async (path: string): Promise<void> => {
    if (directories.has(path)) return;
    await makeDirectory(dirname(path));
    await mkdir(path, { mode: 0o700, recursive: true });
    directories.add(path);
  };
  const transfer = async (from: string, path: string): Promise<Entry> => {
    const source = await open(from);
    try {
      await makeDirectory(dirname(join(directory, path)));
      const target = await open(join(directory, path), 'wx', 0o600);
      try {
        const hash = createHash('sha256');
        const piece = Buffer.alloc(pieceBytes);
        let bytes = 0;
        for (;;) {
          signal.throwIfAborted();
          const { bytesRead } = await source.read(piece, 0, pieceBytes, null);
          if (bytesRead === 0) break;
          const part = piece.subarray(0, bytesRead);
          hash.update(part);
          await target.writeFile(part);
          bytes += bytesRead;
          onBytes(bytesRead);
        }
        return { path, bytes, sha256: hash.digest('hex') };
      } finally {
        await target.close();
      }
    } finally {
      await source.close();
    }
  };
  const take = async (file: FileToCopy | Entry, mayBeGone: boolean): Promise<void> => {
    if ('directory' in file) {
      await makeDirectory(join(directory, file.path));
      entries.push(file);
    } else if ('link' in file) {
      await makeDirectory(dirname(join(directory, file.path)));
      await symlink(file.link, join(directory, file.path));
      entries.push(file);
    } else if ('from' in file) {
      try {
        entries.push(await transfer(file.from, file.path));
      } catch (error) {
        if (!mayBeGone || (error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      }
    }
  };

  return {
    entries,
    async copy(files, mayBeGone = false) {
      const rest = Symbol.asyncIterator in files ? files[Symbol.asyncIterator]() : files[Symbol.iterator]();
      const work = async (): Promise<void> => {
        for (let next = await rest.next(); !next.done; next = await rest.next()) {
          signal.throwIfAborted();
          await take(next.value, mayBeGone);
        }
      };
      // All of them to their end: nobody may write any more once this has rejected.
      const done = await Promise.allSettled(Array.from({ length: atATime }, work));
      const failed = done.find((each) => each.status === 'rejected');
      if (failed) throw failed.reason;
    },
    async write(path, content) {
      await makeDirectory(dirname(join(directory, path)));
      const target = await open(join(directory, path), 'wx', 0o600);
      try {
        await target.writeFile(content);
      } finally {
        await target.close();
      }
      const sha256 = createHash('sha256').update(content).digest('hex');
      entries.push({ path, bytes: content.byteLength, sha256 });
      onBytes(content.byteLength);
    },
    async adopt(path) {
      const file = await open(join(directory, path), 'r+');
      try {
        await file.chmod(0o600);
        const hash = createHash('sha256');
        let bytes = 0;
        for await (const part of file.createReadStream({ autoClose: false, signal }) as AsyncIterable<Buffer>) {
          hash.update(part);
          bytes += part.byteLength;
        }
        entries.push({ path, bytes, sha256: hash.digest('hex') });
        onBytes(bytes);
      } finally {
        await file.close();
      }
    },
    flush: () => flushAll(directory, directories, entries),
  };
};

/** The whole file system at once where the machine can do that (Linux, with a `sync` that knows -f), else one by one. */
const flushAll = async (directory: string, directories: Iterable<string>, entries: readonly Entry[]): Promise<void> => {
  const atOnce = await promisify(execFile)('sync', ['-f', directory]).then(
    () => process.platform === 'linux',
    () => false,
  );
  if (atOnce) return;
  for (const entry of entries) {
    if (!('bytes' in entry)) continue;
    const file = await open(join(directory, entry.path), 'r+');
    await file.sync().finally(() => file.close());
  }
  for (const each of directories) await flushDirectory(each);
};

/**
 * Everything below `from`, to be put below `path`. What `leaveOut` says is not looked into; directories are named too,
 * so that empty ones are made. What is gone by the time it is looked at is passed over.
 */
export async function* filesBelow(
  from: string,
  path: string,
  leaveOut: (path: string) => boolean = () => false,
): AsyncGenerator<FileToCopy | Entry> {
  yield { path, directory: true };
  for (const found of await listOf(from)) {
    const inner = { from: join(from, found.name), path: join(path, found.name) };
    if (leaveOut(inner.path)) continue;
    if (found.isDirectory()) yield* filesBelow(inner.from, inner.path, leaveOut);
    else if (found.isSymbolicLink()) yield { path: inner.path, link: await readlink(inner.from) };
    else if (found.isFile()) yield inner;
  }
}

const listOf = (directory: string): Promise<Dirent[]> =>
  readdir(directory, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });

/** Of all files below a directory. */
export const sizeBelow = async (directory: string): Promise<number> => {
  let bytes = 0;
  for await (const file of filesBelow(directory, '.')) {
    if ('from' in file)
      bytes += await stat(file.from).then(
        ({ size }) => size,
        () => 0,
      );
  }
  return bytes;
};
