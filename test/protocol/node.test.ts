/** The Node library keeps the agent protocol. */
import { join } from 'node:path';
import { conformance } from './suite';

describe('at its endpoint', () => {
  conformance(`exec '${process.execPath}' '${join(__dirname, 'agents/node.mjs')}'`, 'push');
});

describe('in pull mode', () => {
  conformance(`exec '${process.execPath}' '${join(__dirname, 'agents/node.mjs')}'`, 'pull');
});
