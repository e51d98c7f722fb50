/** Nothing is rendered on a server: the pages are one static file, and all data comes from the API. */
export const ssr = false;
export const prerender = false;
