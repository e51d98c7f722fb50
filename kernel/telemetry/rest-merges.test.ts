import { expect, test, vi } from 'vitest';
import { restMergesWhileDiskIsLow } from './rest-merges.ts';

const disk = (freeBytes: number) => ({ totalBytes: 1000, freeBytes, reserveBytes: 50 });

test('merges rest from when the disk is nearly full until it clearly is not, and a command that fails is given again', async () => {
  let freeBytes = 500;
  let fails = true;
  const given: string[] = [];
  const said: string[] = [];
  const end = await restMergesWhileDiskIsLow({
    directory: '/',
    intervalMs: 1,
    measure: async () => disk(freeBytes),
    command: async (sql) => {
      given.push(sql);
      if (fails) {
        fails = false;
        throw new Error('too much to do');
      }
    },
    report: (sentence) => said.push(sentence),
  });
  expect(given).toEqual([]);
  freeBytes = 49;
  await vi.waitFor(() => expect(said).toHaveLength(1));
  expect(given).toEqual(['SYSTEM STOP MERGES', 'SYSTEM STOP MERGES']);
  freeBytes = 60;
  await vi.waitFor(() => expect(said).toHaveLength(1));
  freeBytes = 70;
  await vi.waitFor(() => expect(said).toHaveLength(2));
  end();
  expect(given).toEqual(['SYSTEM STOP MERGES', 'SYSTEM STOP MERGES', 'SYSTEM START MERGES']);
  expect(said).toEqual([expect.stringContaining('nearly full'), expect.stringContaining('room again')]);
});

test('where the disk is nearly full from the start, merges rest before anything is stored', async () => {
  const given: string[] = [];
  const end = await restMergesWhileDiskIsLow({
    directory: '/',
    measure: async () => disk(10),
    command: async (sql) => void given.push(sql),
    report: () => {},
  });
  end();
  expect(given).toEqual(['SYSTEM STOP MERGES']);
});
