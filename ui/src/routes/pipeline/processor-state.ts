/** How one processor is doing, in a mark and a word for its row. */
import { type Progress, progressOf } from '#lib/pipeline/progress.ts';
import type { PipelineInstance, PipelineProcessor } from '../../../../api/contract/pipeline.ts';

export interface ProcessorState {
  readonly mark: 'firing' | 'anomaly' | 'watching' | 'usual';
  readonly word: string;
}

export const processorState = (
  processor: PipelineProcessor,
  instances: readonly Pick<PipelineInstance, 'roles' | 'state'>[],
): ProcessorState => {
  if (processor.failing) return { mark: 'firing', word: 'Failing' };
  const runs = instances.some(({ roles, state }) => roles.includes('processors') && state === 'running');
  if (!runs) return { mark: 'firing', word: 'Not running' };
  return ofProgress[progressOf(processor)];
};

const ofProgress: Readonly<Record<Progress, ProcessorState>> = {
  unknown: { mark: 'usual', word: 'Not known' },
  even: { mark: 'usual', word: 'Up to date' },
  behind: { mark: 'anomaly', word: 'Behind' },
  growing: { mark: 'anomaly', word: 'Falling behind' },
  shrinking: { mark: 'watching', word: 'Catching up' },
};
