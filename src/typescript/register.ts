/**
 * `drover/typescript`: runs TypeScript in Node 20 (`node --import drover/typescript agent.ts`). Types
 * are removed and not checked. Newer versions of Node do this themselves; it then does nothing.
 *
 * @example
 * ```yaml
 * process: {command: [node, --import, drover/typescript, agent.ts]}
 * ```
 */
import { register } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const features: NodeJS.ProcessFeatures & { readonly typescript?: unknown } = process.features;
if (!features.typescript) register(pathToFileURL(join(__dirname, 'hooks.js')));
