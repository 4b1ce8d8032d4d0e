/**
 * Prints Drover's peer dependencies with the exact versions that it is developed and tested with, as
 * arguments of `npm install`. It reads the package.json beside it, or else above it.
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const places = ['package.json', '../package.json'].map((path) => fileURLToPath(new URL(path, import.meta.url)));
const { peerDependencies, devDependencies } = JSON.parse(readFileSync(places.find(existsSync), 'utf8'));
console.log(
  Object.keys(peerDependencies)
    .map((name) => `${name}@${devDependencies[name]}`)
    .join(' '),
);
