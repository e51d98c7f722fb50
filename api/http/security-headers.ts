/** What browsers may do with our answers. The explorer runs its own scripts and nothing else. */
import { createHash } from 'node:crypto';

/** @param inlineScripts bodies of the inline scripts of our own pages. */
export const securityHeaders = (inlineScripts: readonly string[]): Readonly<Record<string, string>> => {
  const hashes = inlineScripts.map((body) => `'sha256-${createHash('sha256').update(body).digest('base64')}'`);
  return {
    'content-security-policy': [
      "default-src 'self'",
      ["script-src 'self'", ...new Set(hashes)].join(' '),
      // Components place things by style attributes.
      "style-src 'self' 'unsafe-inline'",
      "img-src 'self' data:",
      "object-src 'none'",
      "base-uri 'self'",
      "form-action 'self'",
      "frame-ancestors 'none'",
    ].join('; '),
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    // Not no-referrer: browsers would then send `Origin: null` with a form.
    'referrer-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
  };
};

/** The bodies of the inline scripts in a page. */
export const inlineScriptsOf = (html: string): string[] =>
  [...html.matchAll(/<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/gi)].map(([, body]) => body!);
