/** Serves the dashboard: the built files of src/dashboard, without a token, as they hold no data. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';

/** Where the build puts the dashboard: beside the compiled gateway, or below dist/ when the sources run. */
const FOLDERS = [join(__dirname, '../dashboard'), join(__dirname, '../../dist/dashboard')];

/** Everything comes from the gateway itself, and no other page may show the dashboard in a frame. */
const POLICY = [
  "default-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'self'",
].join('; ');

/** Adds the dashboard at `/`. Without a build of it, `/` stays an unknown path. */
export async function addDashboard(app: FastifyInstance): Promise<void> {
  const root = FOLDERS.find((folder) => existsSync(join(folder, 'index.html')));
  if (root === undefined) return;
  await app.register(fastifyStatic, {
    root,
    // One route for each file, so that every other path is refused as before.
    wildcard: false,
    setHeaders: (response, path) => {
      // The names of assets change with their content.
      response.setHeader('cache-control', path.endsWith('.html') ? 'no-cache' : 'public, max-age=31536000, immutable');
      response.setHeader('content-security-policy', POLICY);
      response.setHeader('referrer-policy', 'no-referrer');
      response.setHeader('x-content-type-options', 'nosniff');
    },
  });
}
