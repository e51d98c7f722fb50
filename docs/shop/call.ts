/** Calls another service of the shop and reads its JSON. */
import type { PeerName } from './roster.ts';

/** A service answered with an error, or not in time. */
export class UpstreamError extends Error {
  override readonly name = 'UpstreamError';
  readonly statusCode: number;
  constructor(message: string, statusCode: number, options?: ErrorOptions) {
    super(message, options);
    this.statusCode = statusCode;
  }
}

const addresses = new Map<string, string>();

export const knowPeers = (urls: Readonly<Record<string, string>>): void => {
  for (const [name, url] of Object.entries(urls)) addresses.set(name, url);
};

/**
 * @throws UpstreamError with the status to answer one's own caller with: the same where the caller is to blame (4xx),
 * 502 where the service failed, 504 where it did not answer within `timeoutMs`.
 */
export const call = async <T>(
  peer: PeerName,
  method: string,
  path: string,
  body?: unknown,
  timeoutMs = 8_000,
): Promise<T> => {
  const response = await fetch(new URL(path, addresses.get(peer)), {
    method,
    signal: AbortSignal.timeout(timeoutMs),
    ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  }).catch((error: Error) => {
    const late = error.name === 'TimeoutError';
    const what = late ? `did not answer within ${timeoutMs} ms` : `could not be reached: ${error.message}`;
    throw new UpstreamError(`${peer} ${what}`, late ? 504 : 502, { cause: error });
  });
  const answer = await response.text();
  if (response.ok) return JSON.parse(answer) as T;
  throw new UpstreamError(
    `${peer} answered ${response.status}: ${reasonIn(answer)}`,
    response.status < 500 ? response.status : 502,
  );
};

const reasonIn = (answer: string): string => {
  try {
    return (JSON.parse(answer) as { message?: string }).message ?? answer;
  } catch {
    return answer.slice(0, 200);
  }
};
