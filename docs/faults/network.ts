/**
 * A small network of its own: a bridge of this machine, and processes in network namespaces behind it. Taken off the
 * bridge, a namespace is cut off as by a broken switch: nothing is refused, packets just do not arrive. Needs root.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

export interface Network {
  /** This machine's address in it. */
  readonly host: string;
  attach(namespace: Namespace): Promise<Attachment>;
  close(): Promise<void>;
}

/** A place for processes that sees nothing but the networks it is attached to. */
export interface Namespace {
  readonly name: string;
  /** Put in front of a command, runs it in there. */
  readonly wrapper: readonly string[];
  close(): Promise<void>;
}

export interface Attachment {
  /** Of the namespace, in this network. */
  readonly host: string;
  cut(): Promise<void>;
  heal(): Promise<void>;
}

const run = promisify(execFile);
const ip = async (line: string): Promise<void> => {
  await run('ip', line.split(' '));
};

/** Names of interfaces have 15 characters at most, and several suites may run at once. */
const newName = (): string =>
  `syf${Math.floor(Math.random() * 2 ** 32)
    .toString(16)
    .padStart(8, '0')}`;

export const openNamespace = async (): Promise<Namespace> => {
  const name = newName();
  await ip(`netns add ${name}`);
  await ip(`-n ${name} link set lo up`);
  return { name, wrapper: ['nsenter', `--net=/run/netns/${name}`], close: () => ip(`netns del ${name}`) };
};

export const openNetwork = async (): Promise<Network> => {
  const bridge = newName();
  // A corner of what nobody routes (RFC 2544's benchmarks).
  const subnet = `198.${18 + Math.floor(Math.random() * 2)}.${Math.floor(Math.random() * 250)}`;
  await ip(`link add name ${bridge} type bridge`);
  // With the bridge go the cables; those whose other end is in a namespace go with that.
  const close = () => ip(`link del ${bridge}`);
  try {
    await ip(`addr add ${subnet}.1/24 dev ${bridge}`);
    await ip(`link set ${bridge} up`);
  } catch (error) {
    await close();
    throw error;
  }
  let attached = 1;
  return {
    host: `${subnet}.1`,
    async attach(namespace) {
      const number = ++attached;
      const [cable, end] = [newName(), newName()];
      await ip(`link add name ${cable} type veth peer name ${end} netns ${namespace.name}`);
      await ip(`-n ${namespace.name} addr add ${subnet}.${number}/24 dev ${end}`);
      await ip(`-n ${namespace.name} link set ${end} up`);
      await ip(`link set ${cable} up master ${bridge}`);
      return {
        host: `${subnet}.${number}`,
        cut: () => ip(`link set ${cable} nomaster`),
        heal: () => ip(`link set ${cable} master ${bridge}`),
      };
    },
    close,
  };
};
