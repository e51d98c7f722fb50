import { redirect } from '@sveltejs/kit';

/** There is one page of settings yet. */
export const load = ({ url }: { url: URL }): never => redirect(307, `/settings/sending-data${url.search}`);
