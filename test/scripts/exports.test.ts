/** Planted exports without a sentence are found, and the others are left alone. */
import { sayOf } from './planted';

test('every kind of export needs a sentence', () => {
  const { lines, code } = sayOf('exports.mjs', {
    'src/a.ts': 'export const A = 1;\n\nexport type B = string;\nexport function c(): void {}\n',
    'src/deep/b.ts': '/** Says d. */\nexport const D = 1;\nexport class E {}\n',
  });
  expect(lines).toEqual([
    'src/a.ts: A has no sentence of documentation',
    'src/a.ts: B has no sentence of documentation',
    'src/a.ts: c has no sentence of documentation',
    'src/deep/b.ts: E has no sentence of documentation',
    'exports: 4 without a sentence',
  ]);
  expect(code).toBe(1);
});

test('one sentence is enough for overloads, and what stays in its file needs none', () => {
  const source =
    '/** Says c. */\nexport function c(a: string): void;\nexport function c(a: number): void;\nconst own = 1;\n';
  expect(sayOf('exports.mjs', { 'src/a.ts': source })).toEqual({ lines: ['exports: 0 without a sentence'], code: 0 });
});
