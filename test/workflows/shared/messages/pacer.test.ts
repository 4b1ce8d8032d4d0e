import fc from 'fast-check';
import { createPacer } from '../../../../src/workflows/shared/messages/pacer';

test('never more at once than allowed, by number and by bytes, in order; one that is too large alone goes alone', async () => {
  const jobs = fc.array(fc.record({ bytes: fc.nat(150), ticks: fc.nat(5) }), { maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(jobs, fc.integer({ min: 1, max: 6 }), async (plan, most) => {
      const pacer = createPacer(most, 100);
      const begun: number[] = [];
      let open = 0;
      let openBytes = 0;
      const all = plan.map(({ bytes, ticks }, index) =>
        pacer.through(bytes, async () => {
          begun.push(index);
          open += 1;
          openBytes += bytes;
          expect(open).toBeLessThanOrEqual(most);
          if (open > 1) expect(openBytes).toBeLessThanOrEqual(100);
          for (let tick = 0; tick < ticks; tick += 1) await Promise.resolve();
          open -= 1;
          openBytes -= bytes;
          return index;
        }),
      );
      expect(pacer.pending()).toBe(plan.length);
      expect(await Promise.all(all)).toEqual(plan.map((_, index) => index));
      expect(begun).toEqual(plan.map((_, index) => index));
      expect(pacer.pending()).toBe(0);
    }),
    { numRuns: 300 },
  );
});

test('what fails makes room like what succeeds', async () => {
  const pacer = createPacer(1);
  const failed = pacer.through(0, () => Promise.reject(new Error('no')));
  const next = pacer.through(0, () => Promise.resolve('next'));
  await expect(failed).rejects.toThrow('no');
  expect(await next).toBe('next');
});
