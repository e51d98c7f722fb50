import { redirect } from '@sveltejs/kit';

/** Its address decides where it leads. */
export const prerender = false;

/** The explorer starts at the services. */
export const load = ({ url }: { url: URL }): never => redirect(307, `/services${url.search}`);
