// How the browser part becomes files: one page and its assets in build/console, served under /graphiql by
// ../console-routes.ts. Vite compiles TypeScript and JSX by itself; there is no development server to reload.
import { defineConfig } from 'vite';

export default defineConfig({
  root: import.meta.dirname,
  base: '/graphiql/',
  publicDir: false,
  build: {
    outDir: '../../../build/console',
    emptyOutDir: true,
    // Data URLs would have to be allowed by the Content-Security-Policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // Libraries mark their modules "use client" for servers that render React; here nothing is rendered on a server.
    rolldownOptions: { checks: { moduleLevelDirective: false } },
    // Monaco is one chunk of several megabytes.
    chunkSizeWarningLimit: 5000,
    reportCompressedSize: false,
  },
});
