/**
 * A small network of its own: a bridge of this machine, and processes in network namespaces behind it. Taken off the
 * bridge, a namespace is cut off as by a broken switch: nothing is refused, packets just do not arrive. Needs root.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

export interface Network {
  /** This machine's address in it, where its other end can be reached. */
  readonly host: string;
  attach(): Promise<Attachment>;
  close(): Promise<void>;
}

export interface Attachment {
  readonly host: string;
  /** Put in front of a command, runs it in there. */
  readonly wrapper: readonly string[];
  cut(): Promise<void>;
  heal(): Promise<void>;
}

const run = promisify(execFile);
const ip = async (line: string): Promise<void> => {
  await run('ip', line.split(' '));
};

export const openNetwork = async (): Promise<Network> => {
  // Names of interfaces have 15 characters at most; two suites may run at once.
  const id = Math.floor(Math.random() * 0xffff)
    .toString(16)
    .padStart(4, '0');
  const bridge = `syft${id}`;
  // A corner of what nobody routes (RFC 2544's benchmarks).
  const subnet = `198.${18 + Math.floor(Math.random() * 2)}.${Math.floor(Math.random() * 250)}`;
  const namespaces: string[] = [];
  const close = async (): Promise<void> => {
    for (const namespace of namespaces) await ip(`netns del ${namespace}`).catch(() => {});
    await ip(`link del ${bridge}`).catch(() => {});
  };
  try {
    await ip(`link add name ${bridge} type bridge`);
    await ip(`addr add ${subnet}.1/24 dev ${bridge}`);
    await ip(`link set ${bridge} up`);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    host: `${subnet}.1`,
    async attach() {
      const number = namespaces.length + 2;
      const namespace = `${bridge}n${number}`;
      const cable = `${bridge}v${number}`;
      await ip(`netns add ${namespace}`);
      namespaces.push(namespace);
      await ip(`link add name ${cable} type veth peer name eth0 netns ${namespace}`);
      await ip(`-n ${namespace} addr add ${subnet}.${number}/24 dev eth0`);
      await ip(`-n ${namespace} link set lo up`);
      await ip(`-n ${namespace} link set eth0 up`);
      await ip(`link set ${cable} up master ${bridge}`);
      return {
        host: `${subnet}.${number}`,
        wrapper: ['nsenter', `--net=/run/netns/${namespace}`],
        cut: () => ip(`link set ${cable} nomaster`),
        heal: () => ip(`link set ${cable} master ${bridge}`),
      };
    },
    close,
  };
};
