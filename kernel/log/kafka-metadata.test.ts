/** What is believed of the cluster when brokers disagree. */
import { expect, test } from 'vitest';
import { newerOf, topicsIn } from './kafka-metadata.ts';

const topic = { name: 't', id: 'one', leaders: [1, 2], leaderEpochs: [4, 7] };

test('a broker that is behind does not bring back a leader that was replaced, or take partitions away', () => {
  const behind = { ...topic, leaders: [3], leaderEpochs: [3] };
  expect(newerOf(topic, behind)).toEqual(topic);
  const ahead = { ...topic, leaders: [1, 3, 1], leaderEpochs: [4, 8, 0] };
  expect(newerOf(topic, ahead)).toEqual(ahead);
  const mixed = { ...topic, leaders: [2, 3], leaderEpochs: [5, 6] };
  expect(newerOf(topic, mixed)).toEqual({ ...topic, leaders: [2, 2], leaderEpochs: [5, 7] });
});

test('a partition that lost its leader is known to have none', () => {
  expect(newerOf(topic, { ...topic, leaders: [-1, 2] })).toEqual({ ...topic, leaders: [-1, 2] });
});

test('a topic that was created again is taken as it is', () => {
  const again = { name: 't', id: 'two', leaders: [3], leaderEpochs: [0] };
  expect(newerOf(topic, again)).toEqual(again);
  expect(newerOf(undefined, again)).toEqual(again);
});

test('a topic that cannot be used says nothing of the others', () => {
  const partition = { errorCode: 0, partitionIndex: 0, leaderId: 1, leaderEpoch: 2, replicaNodes: [], isrNodes: [] };
  const of = (name: string, errorCode: number, partitions = [{ ...partition, offlineReplicas: [] }]) => ({
    errorCode,
    name,
    topicId: name,
    isInternal: false,
    partitions,
    topicAuthorizedOperations: 0,
  });
  const { topics, refused } = topicsIn([
    of('forbidden', 29, []),
    of('t', 0),
    of('not there', 3, []),
    of('coming', 5, []),
  ]);
  expect(topics).toEqual([{ name: 't', id: 't', leaders: [1], leaderEpochs: [2] }]);
  expect([...refused]).toEqual([['forbidden', expect.objectContaining({ code: 'TOPIC_AUTHORIZATION_FAILED' })]]);
});
