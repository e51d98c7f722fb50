/**
 * Nothing is rendered on a server, and all data comes from the API. A page's file holds what its scripts and styles are,
 * so that all of them are loaded at once; the API finds it by the page's address.
 */
export const ssr = false;
export const prerender = true;
