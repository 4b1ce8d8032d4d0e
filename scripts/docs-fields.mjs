/**
 * Writes the tables of every field into docs/fleet-file.md, from the schema of the build: `npm run
 * docs:fields`. test/cli/text/fields.test.ts compares them.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { root } from './state.mjs';

const require = createRequire(import.meta.url);
const { fleetFileJsonSchema } = require('../dist/contract/schemas/fleet-file.js');
const { fieldTables } = require('../dist/cli/text/fields.js');

const page = join(root, 'docs/fleet-file.md');
const tables = `<!-- fields -->\n\n${fieldTables(fleetFileJsonSchema())}\n\n<!-- /fields -->`;
writeFileSync(
  page,
  readFileSync(page, 'utf8').replace(/<!-- fields -->[^]*<!-- \/fields -->/, () => tables),
);
console.log(`docs: wrote the fields of ${page}`);
