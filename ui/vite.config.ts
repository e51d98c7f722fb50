/** The explorer is built to static files with one fallback page, so that the API can serve it from its own origin. */
import adapter from '@sveltejs/adapter-static';
import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig } from 'vite';

const apiAddress = `http://127.0.0.1:${process.env.SYNTRA_PORT ?? 3000}`;

export default defineConfig({
  plugins: [
    sveltekit({
      adapter: adapter({ fallback: 'index.html', precompress: true }),
      compilerOptions: { runes: ({ filename }) => (filename.includes('node_modules') ? undefined : true) },
      // Pages are served by one process that is restarted to update: nothing to poll for.
      version: { pollInterval: 0 },
    }),
  ],
  build: {
    // light-dark() is what the theme is made of; an older target would have it compiled away.
    target: ['chrome123', 'firefox120', 'safari17.5'],
  },
  server: { proxy: { '/api': { target: apiAddress, ws: true } } },
});
