/** The places of the explorer, in the order of the navigation. */
import type { IconName } from '../ui/icons.ts';

export interface Place {
  readonly path: string;
  readonly name: string;
  readonly icon: IconName;
  /** After `g`. */
  readonly key: string;
}

export const observe: readonly Place[] = [
  { path: '/services', name: 'Services', icon: 'services', key: 's' },
  { path: '/traces', name: 'Traces', icon: 'traces', key: 't' },
  { path: '/logs', name: 'Logs', icon: 'logs', key: 'l' },
  { path: '/metrics', name: 'Metrics', icon: 'metrics', key: 'm' },
];
/** How Syntra itself is doing. */
export const pipelinePlace: Place = { path: '/pipeline', name: 'Pipeline', icon: 'pipeline', key: 'p' };
export const settings: Place = { path: '/settings/sending-data', name: 'Settings', icon: 'settings', key: ',' };

export const isWithin = (path: string, place: Place): boolean =>
  path === place.path || path.startsWith(`${place.path}/`);
