import { redirect } from '@sveltejs/kit';

/** The explorer starts at the services. */
export const load = ({ url }: { url: URL }): never => redirect(307, `/services${url.search}`);
