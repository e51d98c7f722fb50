/** Why something did not go its way, in words: what the counters call it is for machines. */

/** Why ingest took a record out of a request. */
export const rejectionWords = (reason: string): string => rejections[reason] ?? inWords(reason);

/** Why ingest did not take a request. */
export const refusalWords = (reason: string): string => refusals[reason] ?? inWords(reason);

/** What processors say are sentences already. */
export const outcomeWords = (reason: string): string => reason.charAt(0).toUpperCase() + reason.slice(1);

// ---- helpers

const rejections: Readonly<Record<string, string>> = {
  'id-length': 'A trace or span id of the wrong length',
  future: 'A time more than 24 hours ahead',
  'invalid-utf8': 'Text that is not UTF-8',
};

const refusals: Readonly<Record<string, string>> = {
  malformed: 'Could not be read',
  unauthenticated: 'Without a valid ingest key',
  'not-found': 'Sent to an unknown path',
  'wrong-method': 'Sent with the wrong method',
  'too-large': 'Larger than is allowed',
  unsupported: 'In an encoding or type that is not supported',
  unavailable: 'Asked to come back later',
  internal: 'Met a fault of Syntra',
};

const inWords = (reason: string): string => outcomeWords(reason.replaceAll('-', ' '));
