/** Sign-in, projects, and what a newcomer needs to send the first span. */
import { z } from 'zod';
import { count, id, inProject, route } from './values.ts';

export const session = z.object({
  authenticated: z.boolean(),
  /** False on a loopback installation without a token: nobody needs to sign in. */
  tokenRequired: z.boolean(),
});
export const project = z.object({ id, org: id, name: z.string() });
export const setup = z.object({
  /** The project's own key to send with; null when it may not be shown. */
  ingestKey: z.string().nullable(),
  /** True while data without a key is accepted from this machine. */
  keyOptional: z.boolean(),
  otlpHttpUrl: z.string(),
  otlpGrpcUrl: z.string(),
  /** Newest record per signal, Unix milliseconds; null while there is none. */
  newest: z.object({ spans: z.number().nullable(), logs: z.number().nullable(), metrics: z.number().nullable() }),
});
export const ingestHealth = z.object({
  /** Records per second over the last minute. */
  recordsPerSecond: z.number(),
  newestEventMs: z.number().nullable(),
  /** Records taken by ingest but not yet stored. */
  backlog: count,
  rejected: z.array(z.object({ reason: z.string(), records: count })),
});

export const installationRoutes = {
  getSession: route({
    method: 'GET',
    path: '/session',
    summary: 'Whether a token is needed, and whether this one is good',
    authenticated: false,
    answer: session,
  }),
  createSession: route({
    method: 'POST',
    path: '/session',
    summary: 'Trade a token for a session cookie',
    authenticated: false,
    body: z.object({ token: z.string().min(1).max(512) }),
    answer: session,
  }),
  deleteSession: route({
    method: 'DELETE',
    path: '/session',
    summary: 'Sign out',
    authenticated: false,
    answer: session,
  }),
  listProjects: route({
    method: 'GET',
    path: '/projects',
    summary: 'Projects',
    authenticated: true,
    answer: z.object({ projects: z.array(project) }),
  }),
  getSetup: route({
    method: 'GET',
    path: '/projects/:projectId/setup',
    summary: 'Where to send telemetry, with which key, and what has arrived',
    authenticated: true,
    params: inProject,
    answer: setup,
  }),
  getIngestHealth: route({
    method: 'GET',
    path: '/projects/:projectId/ingest',
    summary: 'What arrives now',
    authenticated: true,
    params: inProject,
    answer: ingestHealth,
  }),
};

export type Session = z.infer<typeof session>;
export type Project = z.infer<typeof project>;
export type Setup = z.infer<typeof setup>;
export type IngestHealth = z.infer<typeof ingestHealth>;
