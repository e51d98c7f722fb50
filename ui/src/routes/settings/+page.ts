import { redirect } from '@sveltejs/kit';

/** Its address decides where it leads. */
export const prerender = false;

/** There is one page of settings yet. */
export const load = ({ url }: { url: URL }): never => redirect(307, `/settings/sending-data${url.search}`);
