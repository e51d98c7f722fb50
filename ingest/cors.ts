/**
 * What browsers need to be told before a page of another origin may send and read the answer. Any origin may ask: what it
 * sends is taken only with a key, which the browser never adds by itself; see `authenticate.ts` for pages without one.
 */
import type { IncomingHttpHeaders } from 'node:http';

export type AnswerHeaders = Record<string, string | number>;

/** Of every answer to a page: also a refusal has to be readable. */
export const corsHeaders = ({ origin }: IncomingHttpHeaders): AnswerHeaders =>
  origin === undefined
    ? {}
    : {
        'access-control-allow-origin': origin,
        // navigator.sendBeacon always asks for this. No cookie means anything here, so it gives nothing away.
        'access-control-allow-credentials': 'true',
        'access-control-expose-headers': 'Retry-After',
        vary: 'Origin',
      };

/** Of the answer to a preflight request. */
export const preflightHeaders = (headers: IncomingHttpHeaders): AnswerHeaders => {
  const asked = headers['access-control-request-headers'];
  return {
    ...corsHeaders(headers),
    'access-control-allow-methods': 'POST',
    'access-control-allow-headers': asked !== undefined && headerNames.test(asked) ? asked : ownHeaderNames,
    'access-control-max-age': maxAgeSeconds,
  };
};

/** Exporters can be told to send headers of all kinds. */
const headerNames = /^[\w!#$%&'*+.^`|~-]+(?: *, *[\w!#$%&'*+.^`|~-]+)*$/;
const ownHeaderNames = 'authorization, content-encoding, content-type, x-syntra-key';
/** The longest that browsers remember. */
const maxAgeSeconds = 7200;
