/** What every process answers to those who operate it: whether it lives, whether it is ready, and its figures. */
import type { FastifyInstance } from 'fastify';
import type { Reports } from '../../kernel/reports/publish-reports.ts';
import { type Checks, registerHealth } from './health.ts';
import { registerMetrics } from './metrics.ts';

export interface Operations {
  /** What /readyz asks, by name. */
  readonly checks: Checks;
  /** What /metrics tells; without it there is none. */
  readonly reports?: Pick<Reports, 'latest' | 'lags'> | undefined;
}

export const registerOperations = (app: FastifyInstance, { checks, reports }: Operations): void => {
  registerHealth(app, checks);
  if (reports !== undefined) registerMetrics(app, reports);
};
