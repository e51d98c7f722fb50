/** The explorer is built to static files, one a page and a fallback, so that the API can serve it from its own origin. */
import adapter from '@sveltejs/adapter-static';
import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig } from 'vite';

const apiAddress = `http://127.0.0.1:${process.env.SYNTRA_PORT ?? 3000}`;

export default defineConfig({
  plugins: [
    sveltekit({
      adapter: adapter({ fallback: '200.html', precompress: true }),
      // The same for every address: a page's file serves all of its kind.
      paths: { relative: false },
      // A request each costs more than what is in them; the large ones are kept by the browser.
      inlineStyleThreshold: 3000,
      compilerOptions: { runes: ({ filename }) => (filename.includes('node_modules') ? undefined : true) },
      // Pages are served by one process that is restarted to update: nothing to poll for.
      version: { pollInterval: 0 },
    }),
  ],
  build: {
    // light-dark() is what the theme is made of; an older target would have it compiled away.
    target: ['chrome123', 'firefox120', 'safari17.5'],
    rolldownOptions: {
      output: {
        // Dozens of files of a few lines each would cost a request each. What is neither named here nor shared by most
        // pages stays with the pages that need it.
        codeSplitting: {
          groups: [
            // Apart from all else: the page tells SvelteKit its version before anything that asks for it may be loaded.
            { name: 'payload', test: /kit\/src\/runtime\/client\/payload\.js$/, priority: 3 },
            { name: 'preload', test: /vite\/preload-helper/, priority: 3 },
            { name: 'svelte', test: /node_modules\/(?:svelte|devalue|clsx|esm-env)\//, priority: 2 },
            { name: 'shell', minShareCount: 4, priority: 1 },
          ],
        },
      },
    },
  },
  server: { proxy: { '/api': { target: apiAddress, ws: true } } },
});
