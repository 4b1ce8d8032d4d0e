import {
  isReference,
  literalText,
  misleadingVariable,
  references,
  variableReferences,
} from '../../../src/contract/agent/references';
import type { AgentSpec } from '../../../src/contract/agent';
import { checkFleetSpec } from '../../../src/client/fleets/fleet-validation';

const REFERENCES = ['env:KEY', 'env:_a1', 'file:key.txt', 'file:/run/secrets/key', 'file:a b'];
const TEXTS = [
  '',
  'text',
  'environment:x',
  'profile:x',
  'a env:KEY',
  '$5 a day',
  '${A} and ${B}',
  'p$word',
  'http://x/env:K',
];
const MISLEADING = [
  ...['env:', 'env:1KEY', 'env: KEY', ' env:KEY', 'ENV:KEY', 'Env:KEY', 'env:KEY ', 'env:MY-KEY', 'env :KEY'],
  ...['file:', 'file: key', 'File:key', 'file:///run/key', 'file://host/key', 'file:a\nb'],
  ...['$KEY', '${KEY}', '${key}'],
];

test.each(REFERENCES)('%j is a reference', (value) => {
  expect(isReference(value)).toBe(true);
  expect(misleadingVariable(value)).toBeNull();
});

test.each(TEXTS)('%j is a text', (value) => {
  expect(isReference(value)).toBe(false);
  expect(misleadingVariable(value)).toBeNull();
  expect(literalText(value)).toBe(value);
});

test.each(MISLEADING)('%j is refused, and stands for itself after literal:', (value) => {
  expect(isReference(value)).toBe(false);
  const spec = (text: string) => ({
    agents: [{ name: 'A', provider: 'process', process: { command: ['x'], env: { KEY: text } } }],
  });
  expect(checkFleetSpec(spec(value))).toMatchObject({
    ok: false,
    problems: [
      {
        path: ['agents', 0, 'process', 'env', 'KEY'],
        message: expect.stringMatching(/write env:NAME or file:path for a reference, or literal:TEXT/) as string,
      },
    ],
  });
  expect(checkFleetSpec(spec(`literal:${value}`)).ok).toBe(true);
  expect(literalText(`literal:${value}`)).toBe(value);
});

test('literal: marks only the beginning, and itself', () => {
  expect(literalText('literal:literal:x')).toBe('literal:x');
  expect(isReference('literal:env:KEY')).toBe(false);
});

test('every reference of an agent is found, with its place', () => {
  const process: AgentSpec = {
    name: 'A',
    provider: 'process',
    process: { command: ['x'], env: { A: 'env:A', B: 'text', C: 'file:c', D: 'literal:env:D' } },
    notify: [{ url: 'http://a' }, { url: 'http://b', secret: 'env:HOOK' }],
  };
  expect(references(process)).toEqual([
    { path: 'process.env.A', reference: 'env:A' },
    { path: 'process.env.C', reference: 'file:c' },
    { path: 'notify.1.secret', reference: 'env:HOOK' },
  ]);
  expect(variableReferences(process)).toEqual(['env:A', 'file:c']);
  expect(references({ name: 'A', provider: 'docker', docker: { image: 'i', env: { A: 'env:A' } } })).toEqual([
    { path: 'docker.env.A', reference: 'env:A' },
  ]);
  expect(references({ name: 'A', provider: 'external', external: { secret: 'env:S' } })).toEqual([
    { path: 'external.secret', reference: 'env:S' },
  ]);
  expect(references({ name: 'A', provider: 'external' })).toEqual([]);
  const a2a: AgentSpec = {
    name: 'A',
    provider: 'process',
    process: { env: { B: 'env:B' } },
    adapter: { a2a: { card: 'https://a.example', secret: 'env:S' } },
  };
  expect(references(a2a)).toEqual([
    { path: 'process.env.B', reference: 'env:B' },
    { path: 'adapter.a2a.secret', reference: 'env:S' },
  ]);
  expect(variableReferences(a2a)).toEqual(['env:B', 'env:S']);
});
