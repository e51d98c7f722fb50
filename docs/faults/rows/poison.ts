/** Records that nobody can process, in the middle of others. */
import type { Log, NewRecord } from '../../../kernel/log/log.ts';
import {
  deadLetterHeaders,
  deadLettersTopic,
  logsTopic,
  metricsTopic,
  servicesSeenTopic,
  spansTopic,
  zstdRequestHeaders,
} from '../../../kernel/topics.ts';
import { recordsOf } from '../records-of.ts';
import type { Row } from '../row.ts';

const project = 'prj_default';
const headers = (): Record<string, string> =>
  zstdRequestHeaders({ org: 'org_default', project, receivedAtMs: Date.now(), retentionDays: 30, records: 1 });
const garbage = Buffer.from('this is neither zstd nor protobuf');

const poisonous: readonly { readonly topic: string; readonly record: () => NewRecord }[] = [
  ...[spansTopic, logsTopic, metricsTopic].flatMap(({ name: topic }) => [
    { topic, record: () => ({ key: '', headers: headers(), value: garbage }) },
    { topic, record: () => ({ key: '', headers: { ...headers(), encoding: 'identity' }, value: garbage }) },
    { topic, record: () => ({ key: '', headers: {}, value: garbage }) },
  ]),
  { topic: servicesSeenTopic.name, record: () => ({ key: project, headers: {}, value: garbage }) },
  {
    topic: servicesSeenTopic.name,
    record: () => ({ key: 'prj_other', headers: {}, value: Buffer.from('{"org":"o","project":"p","service":"s"}') }),
  },
];

const append = async (log: Log): Promise<void> => {
  for (const { topic, record } of poisonous) await log.append(topic, [record()]);
};

const poison: Row = {
  name: 'poison messages among the others',
  modes: ['embedded', 'distributed'],
  async run({ world, load }) {
    for (let round = 0; round < rounds; round++) {
      await world.withLog(append);
      await world.startAll();
      await load.acknowledges(2_000);
    }
    return `${rounds * poisonous.length} messages that nobody can read, each a dead letter`;
  },
  async lookAtLog(log) {
    const letters = new Set<string>();
    for await (const { headers: of } of recordsOf(log, deadLettersTopic.name)) {
      const { processor, topic, partition, offset, reason } = deadLetterHeaders;
      if (!of[reason]) throw new Error(`A dead letter does not say why it is one: ${JSON.stringify(of)}`);
      letters.add([processor, topic, partition, offset].map((name) => of[name]).join(' '));
    }
    if (letters.size !== rounds * poisonous.length) {
      throw new Error(
        `${rounds * poisonous.length} poison messages became ${letters.size} dead letters:\n${[...letters].join('\n')}`,
      );
    }
  },
};

const rounds = 2;

export const rows: readonly Row[] = [poison];
