/** Serves the explorer's static build: hashed files for ever, pages always fresh, every unknown path the one page. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { inlineScriptsOf } from './security-headers.ts';

export interface Explorer {
  readonly directory: string;
  /** The page that finds its way by the address: the name adapter-static was told, one of the usual two. */
  readonly page: string;
  readonly inlineScripts: readonly string[];
}

/** Undefined when there is no build in `directory`. */
export const findExplorer = async (directory: string): Promise<Explorer | undefined> => {
  const page = ['200.html', 'index.html'].find((name) => existsSync(join(directory, name)));
  if (page === undefined) return undefined;
  return { directory, page, inlineScripts: inlineScriptsOf(await readFile(join(directory, page), 'utf8')) };
};

export const registerExplorer = async (app: FastifyInstance, explorer: Explorer): Promise<void> => {
  await app.register(fastifyStatic, {
    root: explorer.directory,
    index: explorer.page,
    preCompressed: true,
    dotfiles: 'ignore',
    cacheControl: false,
    setHeaders: (reply, path) => {
      // SvelteKit puts the hash of the content into these names.
      const immutable = path.includes('/_app/immutable/');
      reply.header('cache-control', immutable ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
};

/** True where a person's browser asks for a page of the explorer, which has pages at any path but the API's. */
export const isPageRequest = (request: FastifyRequest): boolean =>
  request.method === 'GET' &&
  !request.url.startsWith('/api/') &&
  !request.url.startsWith('/_app/') &&
  (request.headers.accept ?? '').includes('text/html');

export const sendPage = (reply: FastifyReply, explorer: Explorer): FastifyReply =>
  reply.code(200).sendFile(explorer.page);
