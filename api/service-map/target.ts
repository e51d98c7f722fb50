/**
 * What a client or producer span calls when nothing that it called reports spans of its own: a database, a queue, or
 * somebody else's server. SQL expressions, by the semantic conventions for database, messaging and HTTP spans: the
 * stable names of attributes before those they replaced.
 */

const keys = {
  database: ['db.system.name', 'db.system'],
  namespace: ['db.namespace', 'db.name'],
  queue: ['messaging.system'],
  destination: ['messaging.destination.name', 'messaging.destination'],
  peer: ['service.peer.name', 'peer.service'],
  address: ['server.address', 'net.peer.name', 'network.peer.address', 'net.peer.ip'],
  port: ['server.port', 'net.peer.port', 'network.peer.port'],
  url: ['url.full', 'http.url'],
} as const;

const list = (names: readonly string[]): string => names.map((name) => `'${name}'`).join(', ');

/**
 * The few attributes that tell, as a map to group spans by. Names are then made once per group: twenty look-ups in the
 * attributes of every span would take five times as long.
 */
export const targetHints = `mapApply((key, value) -> (key, if(key IN (${list(keys.url)}), domainRFC(value), value)),
  mapFilter((key, value) -> key IN (${list(Object.values(keys).flat())}), attributes))`;

const hint = (which: keyof typeof keys): string =>
  `coalesce(${keys[which].map((key) => `nullIf(hints['${key}'], '')`).join(', ')}, '')`;

/** 'database', 'queue' or 'external', from `hints`. */
export const targetKind = `multiIf(${hint('database')} != '', 'database', ${hint('queue')} != '', 'queue', 'external')`;

const afterSystem = (system: string, name: string): string =>
  `if(${name} = '', ${system}, concat(${system}, ' ', ${name}))`;
const isBareAddress = `match(${hint('address')}, '^([0-9.]+|[0-9a-fA-F:]*:[0-9a-fA-F:.]*|localhost)$')`;

/** '' when the span does not say. A namespace that is only a number, as redis has them, names nothing. */
export const targetName = `multiIf(
  ${hint('database')} != '',
    ${afterSystem(hint('database'), `if(match(${hint('namespace')}, '^[0-9]*$'), ${hint('address')}, ${hint('namespace')})`)},
  ${hint('queue')} != '',
    ${afterSystem(hint('queue'), `if(${hint('destination')} != '', ${hint('destination')}, ${hint('address')})`)},
  ${hint('peer')} != '', ${hint('peer')},
  ${isBareAddress} AND ${hint('port')} != '', concat(${hint('address')}, ':', ${hint('port')}),
  ${hint('address')} != '', ${hint('address')},
  ${hint('url')})`;
