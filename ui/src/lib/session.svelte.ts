/** Who is looking, at which project, and what telemetry it has. The first two are known before any page is shown. */
import { page } from '$app/state';
import type { Project, Session, Setup } from '../../../api/contract/installation.ts';
import type { Signal } from '../../../api/contract/values.ts';
import { type ApiFailure, failureOf, get } from './api.ts';

let current = $state.raw<Session>();
let projects = $state.raw<readonly Project[]>([]);
let setup = $state.raw<Setup>();
let setupOf = $state.raw<string>();
let failure = $state.raw<ApiFailure>();

const project = $derived(
  projects.find((candidate) => candidate.id === page.url.searchParams.get('project')) ?? projects[0],
);

/** The setup, while it is that of the project looked at. */
const known = $derived(setupOf === project?.id ? setup : undefined);

export const session = {
  /** Undefined until the server has answered. */
  get current(): Session | undefined {
    return current;
  },
  get failure(): ApiFailure | undefined {
    return failure;
  },
  get projects(): readonly Project[] {
    return projects;
  },
  get project(): Project | undefined {
    return project;
  },
  /** The project every request names; '' until it is known, when no page is mounted yet. */
  get projectId(): string {
    return project?.id ?? '';
  },
  /** Where to send telemetry, and what has arrived. */
  get setup(): Setup | undefined {
    return known;
  },
  /** True once the project has ever received anything; undefined while unknown. */
  get hasData(): boolean | undefined {
    return known && Object.values(known.newest).some((newestMs) => newestMs !== null);
  },

  /** True once the project has ever received this signal; undefined while unknown. */
  has(signal: Signal): boolean | undefined {
    return known && known.newest[signal] !== null;
  },

  /** The server no longer knows this session. */
  lost(): void {
    current = { authenticated: false, tokenRequired: true };
  },
  /** Asks who is signed in and, where allowed, for the projects. What has arrived is asked for by whoever shows it. */
  async load(): Promise<void> {
    try {
      const answer = await get('/session', {});
      if (answer.authenticated || !answer.tokenRequired) {
        ({ projects } = await get('/projects', {}));
      }
      current = answer;
      failure = undefined;
    } catch (error) {
      failure = failureOf(error);
    }
  },
  /** Asks again what has arrived: after the first span, or while waiting for it. */
  async reloadSetup(): Promise<void> {
    const of = project?.id;
    if (of === undefined) return;
    const answer = await get('/projects/:projectId/setup', { projectId: of });
    if (project?.id !== of) return;
    setup = answer;
    setupOf = of;
  },
};
