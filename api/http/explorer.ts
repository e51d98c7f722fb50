/** Serves the explorer's static build: hashed files for ever, pages always fresh, every unknown path the one page. */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { inlineScriptsOf } from './security-headers.ts';

export interface Explorer {
  readonly directory: string;
  /**
   * Files of pages, by the page's address: `services.html`, `traces/_.html`, where `_` stands for any one name. Each
   * names the scripts and styles of its page, so that a browser loads all of them at once.
   */
  readonly pages: readonly string[];
  /** The page that finds its way by the address: the name adapter-static was told, one of the usual two. */
  readonly fallback: string;
  readonly inlineScripts: readonly string[];
}

/** Undefined when there is no build in `directory`. */
export const findExplorer = async (directory: string): Promise<Explorer | undefined> => {
  const fallback = ['200.html', 'index.html'].find((name) => existsSync(join(directory, name)));
  if (fallback === undefined) return undefined;
  const pages = (await readdir(directory, { recursive: true })).filter((name) => name.endsWith('.html'));
  const texts = await Promise.all(pages.map((name) => readFile(join(directory, name), 'utf8')));
  return { directory, pages, fallback, inlineScripts: [...new Set(texts.flatMap(inlineScriptsOf))] };
};

export const registerExplorer = async (app: FastifyInstance, explorer: Explorer): Promise<void> => {
  await app.register(fastifyStatic, {
    root: explorer.directory,
    index: explorer.fallback,
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

export const sendPage = (request: FastifyRequest, reply: FastifyReply, explorer: Explorer): FastifyReply =>
  reply.code(200).sendFile(pageOf(explorer, request.url));

/** The file of the page at an address; the fallback where there is none of its own. */
const pageOf = ({ pages, fallback }: Explorer, url: string): string => {
  const wanted = segmentsOf(url.split('?', 1)[0]!);
  const serves = (page: string, wildcard: string | null): boolean => {
    const segments = segmentsOf(page.slice(0, -'.html'.length));
    return segments.length === wanted.length && segments.every((name, i) => name === wanted[i] || name === wildcard);
  };
  return pages.find((page) => serves(page, null)) ?? pages.find((page) => serves(page, '_')) ?? fallback;
};

const segmentsOf = (path: string): string[] => path.split('/').filter((name) => name !== '');
