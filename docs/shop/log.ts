/**
 * The log of a service. pino is required, not imported: the auto-instrumentation then patches it without a loader
 * hook, so that every line carries its trace and is sent to wherever telemetry goes.
 */
import { createRequire } from 'node:module';
import type { FastifyBaseLogger } from 'fastify';

const { pino } = createRequire(import.meta.url)('pino') as typeof import('pino');

export const log: FastifyBaseLogger = pino({ level: 'debug' });
