/** Packets that do not arrive. */
import { setTimeout as sleep } from 'node:timers/promises';
import { collectStops } from '../../../kernel/stops.ts';
import { type Attachment, openNamespace, openNetwork } from '../network.ts';
import type { Row } from '../row.ts';
import { until } from '../until.ts';
import type { WorldOptions } from '../world.ts';

/** A process's two ways out: to those who ask it, and to the stores. */
interface Cables {
  readonly front: Attachment;
  readonly back: Attachment;
}

/** Of the installation that a row runs in, by the address of the process. */
const cables = new Map<string, Cables>();

/** Each process in a network namespace of its own, on two networks: senders and readers on one, the stores on the other. */
const inNamespaces = async (): Promise<Omit<WorldOptions, 'mode'>> => {
  const stops = collectStops();
  try {
    const front = await openNetwork();
    stops.add(front.close);
    const back = await openNetwork();
    stops.add(back.close);
    return {
      stores: { host: back.host },
      async place() {
        const namespace = await openNamespace();
        stops.add(namespace.close);
        const of = { front: await front.attach(namespace), back: await back.attach(namespace) };
        cables.set(of.front.host, of);
        return { host: of.front.host, wrapper: namespace.wrapper };
      },
      onClose: stops.run,
    };
  } catch (error) {
    await stops.run();
    throw error;
  }
};

const cablesOf = ({ url }: { readonly url: string }): Cables => cables.get(new URL(url).hostname)!;

const sendersCutOff: Row = {
  name: 'network between senders and ingest cut',
  modes: ['embedded', 'distributed'],
  needs: ['root'],
  timeoutMs: 1_000,
  world: inNamespaces,
  async run({ world, load, level }) {
    const { front } = cablesOf(world.withRole('ingest')[0]!);
    for (const cutMs of [level.otherOutageMs / 2, level.otherOutageMs]) {
      await front.cut();
      await sleep(cutMs);
      await front.heal();
      await load.acknowledges(2_000);
    }
    return `cut twice, for ${level.otherOutageMs / 1000} s at most`;
  },
};

const ingestCutOff: Row = {
  name: 'network between ingest and the log cut',
  modes: ['distributed'],
  needs: ['root'],
  timeoutMs: 5_000,
  world: inNamespaces,
  async run({ world, load, level }) {
    const { back } = cablesOf(world.withRole('ingest')[0]!);
    await back.cut();
    const before = load.outcomes.retry + load.outcomes['no answer'];
    const ended = sleep(level.otherOutageMs);
    await until('requests fail', () => load.outcomes.retry + load.outcomes['no answer'] > before);
    await ended;
    await back.heal();
    await load.acknowledges(2_000);
    return `cut for ${level.otherOutageMs / 1000} s or more`;
  },
};

const processorCutOff: Row = {
  name: 'network between one of two processors and all stores cut',
  modes: ['distributed'],
  needs: ['root'],
  world: async () => ({ ...(await inNamespaces()), layout: { ingest: 1, processors: 2, api: 1 } }),
  async run({ world, load, level }) {
    const rounds = level.name === 'full' ? 6 : 2;
    for (let round = 0; round < rounds; round++) {
      const { back } = cablesOf(world.withRole('processors')[round % 2]!);
      // For longer than its group waits: the other takes over, and this one comes back to partitions that are not its own.
      await back.cut();
      const ended = sleep(level.otherOutageMs + sessionTimeoutMs);
      await load.acknowledges(5_000);
      await ended;
      await back.heal();
      await load.acknowledges(2_000);
    }
    return `each cut off ${rounds / 2} times, for ${(level.otherOutageMs + sessionTimeoutMs) / 1000} s`;
  },
};

/** Of the test brokers. */
const sessionTimeoutMs = 6_000;

export const rows: readonly Row[] = [sendersCutOff, ingestCutOff, processorCutOff];
