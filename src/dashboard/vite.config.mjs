/** Builds the dashboard into dist/dashboard: plain files that the gateway serves. */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: './',
  logLevel: 'warn',
  build: {
    outDir: fileURLToPath(new URL('../../dist/dashboard', import.meta.url)),
    emptyOutDir: true,
    // Its browsers have top-level await and dialogs.
    target: 'es2022',
    // The content security policy allows no data: URLs but for pictures.
    assetsInlineLimit: 0,
    modulePreload: false,
  },
});
