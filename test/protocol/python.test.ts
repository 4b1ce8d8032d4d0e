/** The Python library keeps the agent protocol. */
import { join } from 'node:path';
import { conformance } from './suite';

describe('at its endpoint', () => {
  conformance(`exec python3 -u '${join(__dirname, 'agents/agent.py')}'`, 'push');
});

describe('in pull mode', () => {
  conformance(`exec python3 -u '${join(__dirname, 'agents/agent.py')}'`, 'pull');
});
