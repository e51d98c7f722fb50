/** The id of a service in paths and rows: it follows from its name, so that nobody has to ask for it. */
import { createHash } from 'node:crypto';

export const serviceIdOf = (org: string, project: string, service: string): string =>
  `svc_${createHash('sha256').update(`${org}\0${project}\0${service}`).digest('hex').slice(0, 16)}`;
