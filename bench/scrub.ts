/**
 * Takes out of a recorded request what names the machine it was recorded on: host, user and paths give way to plausible
 * ones of the same length, in place, so that all else stays as the exporter wrote it.
 */
import { createHash } from 'node:crypto';

export interface Machine {
  /** Of the repository, the home directory and the like: each is replaced wherever it occurs. */
  readonly paths: readonly string[];
}

/** Changes `request`. @throws Error when something of the machine is left in it */
export const scrub = (request: Buffer, { paths }: Machine): void => {
  for (const [key, plausible] of Object.entries(values)) {
    for (const value of valuesOf(request, key)) if (plausible.when?.(value) ?? true) fill(value, plausible.text(value));
  }
  for (const path of paths) {
    for (let at = request.indexOf(path); at >= 0; at = request.indexOf(path, at)) {
      fill(request.subarray(at, at + path.length), '/srv/shop/releases/current');
    }
  }
  const left = paths.find((path) => request.includes(path));
  if (left !== undefined) throw new Error(`${left} is still in a request`);
};

interface Plausible {
  readonly when?: (value: Buffer) => boolean;
  text(value: Buffer): string;
}

const values: Readonly<Record<string, Plausible>> = {
  'host.name': { text: () => 'n4.eu-central-1.compute.internal' },
  'host.id': { text: (value) => createHash('sha256').update('host').digest('hex').slice(0, value.length) },
  'process.owner': { text: () => 'shopkeeper' },
  // A socket in a temporary directory.
  'server.address': { when: (value) => value[0] === slash, text: () => '/var/run/postgresql/13-main/.s.PGSQL' },
};
const slash = 0x2f;

/** The bytes of each string that is the value of this key: KeyValue { key = 1, value = 2: AnyValue { string_value = 1 } }. */
const valuesOf = (request: Buffer, key: string): Buffer[] => {
  const head = Buffer.concat([Buffer.from([0x0a, key.length]), Buffer.from(key), Buffer.from([0x12])]);
  const found: Buffer[] = [];
  for (let at = request.indexOf(head); at >= 0; at = request.indexOf(head, at + 1)) {
    const any = at + head.length;
    // Lengths below 128 are one byte; a host, a user and a socket have no longer names.
    if (request[any + 1] === 0x0a) found.push(request.subarray(any + 3, any + 3 + request[any + 2]!));
  }
  return found;
};

/** Writes as much of the text as there is room for, and fills what remains. */
const fill = (room: Buffer, text: string): void => {
  room.write(text.padEnd(room.length, '0').slice(0, room.length), 'latin1');
};
