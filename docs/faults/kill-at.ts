/**
 * Preloaded into the program with `--import`: kills it with SIGKILL when it takes a step for the n-th time. It is loaded
 * into every thread, so it sees the log's steps too.
 */
import { subscribe } from 'node:diagnostics_channel';
import process from 'node:process';
import { stepsChannel } from '../../kernel/steps.ts';

const step = process.env.SYNTRA_FAULT_KILL_AT;
let left = Number(process.env.SYNTRA_FAULT_KILL_COUNT ?? 1);

if (step !== undefined) {
  subscribe(stepsChannel, (taken) => {
    if (taken === step && --left === 0) process.kill(process.pid, 'SIGKILL');
  });
}
