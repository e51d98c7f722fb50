/**
 * How a running Syntra is asked for a backup: a Unix socket in its data directory that its own user alone can open. One
 * line of JSON goes in; lines of JSON come out, the last of which says how it ended. Who hangs up calls the backup off.
 */
import { createHash } from 'node:crypto';
import { chmod, lstat, mkdir, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { OperatorError } from '../operator-error.ts';
import { type BackupSource, takeBackup } from './backup.ts';
import { BackupError } from './manifest.ts';
import { thaw } from './telemetry-part.ts';

export interface BackupServer {
  /** Calls a backup under way off and waits for its end. */
  close(): Promise<void>;
}

interface Asked {
  readonly to: string;
}

type Told = { readonly line: string } | { readonly done: true } | { readonly failed: string };

/**
 * To be called once the stores are open. Removes what a backup that was killed has left.
 * @param report told of every backup that began, ended or failed
 */
export const serveBackups = async (
  source: BackupSource,
  report: (level: 'info' | 'error', sentence: string) => void,
): Promise<BackupServer> => {
  await thaw(source.dataDir);
  const path = await makeSocketPlace(source.dataDir);
  // One that a killed process left there answers nobody.
  await rm(path, { force: true });
  const closing = new AbortController();
  let underWay: Promise<void> | undefined;

  const serve = async (socket: Socket): Promise<void> => {
    const gone = new AbortController();
    socket.on('error', () => {});
    socket.on('close', () => gone.abort(new BackupError('The backup was called off.')));
    const tell = (told: Told): void => void (socket.writable && socket.write(`${JSON.stringify(told)}\n`));
    try {
      const { to } = await question(socket);
      // Whoever hangs up is noticed only while somebody reads.
      socket.resume();
      if (underWay) throw new BackupError('Another backup is under way: wait for its end.');
      const signal = AbortSignal.any([gone.signal, closing.signal]);
      report('info', `A backup to ${to} begins.`);
      underWay = takeBackup(source, { to, signal, tell: (line) => tell({ line }) }).finally(() => {
        underWay = undefined;
      });
      await underWay;
      report('info', `The backup in ${to} is whole.`);
      tell({ done: true });
    } catch (error) {
      const { message } = error as Error;
      report('error', `No backup was taken. ${message}`);
      tell({ failed: error instanceof OperatorError ? message : `The backup failed: ${message}.` });
    }
    socket.end();
  };
  const server = createServer((socket) => void serve(socket));
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(path, resolve));
  await chmod(path, 0o600);
  server.unref();
  return {
    async close() {
      server.close();
      closing.abort(new BackupError('Syntra is being stopped.'));
      await underWay?.catch(() => {});
      await rm(path, { force: true });
    },
  };
};

const question = async (socket: Socket): Promise<Asked> => {
  for await (const line of createInterface({ input: socket })) {
    const { to } = JSON.parse(line) as Partial<Asked>;
    if (typeof to === 'string' && to.startsWith('/')) return { to };
    break;
  }
  throw new BackupError('A backup needs the absolute path of a directory.');
};

/**
 * Asks the Syntra that runs on the data directory.
 * @returns false when none runs there.
 * @throws BackupError with what it says when there is no backup
 */
export const askForBackup = async (dataDir: string, to: string, print: (line: string) => void): Promise<boolean> => {
  const socket = await reach(socketPath(dataDir));
  if (!socket) return false;
  socket.on('error', () => {});
  socket.write(`${JSON.stringify({ to } satisfies Asked)}\n`);
  try {
    for await (const line of createInterface({ input: socket })) {
      const told = JSON.parse(line) as Told;
      if ('done' in told) return true;
      if ('failed' in told) throw new BackupError(told.failed);
      print(told.line);
    }
  } finally {
    socket.destroy();
  }
  throw new BackupError('Syntra ended before the backup was whole: there is none.');
};

const reach = (path: string): Promise<Socket | undefined> =>
  new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('connect', () => resolve(socket));
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') resolve(undefined);
      else if (error.code === 'EACCES') reject(new BackupError('Ask for a backup as the user that Syntra runs as.'));
      else reject(error);
    });
  });

/** Bytes of a socket's path without the final zero: 107 on Linux, 103 on macOS. */
const maxSocketPathBytes = 103;

const socketPath = (dataDir: string): string => {
  const path = join(dataDir, 'backup.sock');
  if (Buffer.byteLength(path) <= maxSocketPathBytes) return path;
  return join('/tmp', `syntra-${createHash('sha256').update(dataDir).digest('hex').slice(0, 16)}`, 'backup.sock');
};

/** Below /tmp anybody could have been there first. */
const makeSocketPlace = async (dataDir: string): Promise<string> => {
  const path = socketPath(dataDir);
  const place = dirname(path);
  if (place === dataDir) return path;
  await mkdir(place, { mode: 0o700, recursive: true });
  const { uid, mode } = await lstat(place);
  if (uid === process.getuid?.() && (mode & 0o077) === 0) return path;
  throw new BackupError(`${place} was made by somebody else: remove it, or choose a shorter SYNTRA_DATA_DIR.`);
};
