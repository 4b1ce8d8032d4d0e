import fc from 'fast-check';
import { createVirtualTime } from '../../../src/rules/simulate/virtual-time';

test('events happen in the order of their time, ties in the order of their scheduling, cancelled ones never', () => {
  const events = fc.array(fc.record({ delay: fc.nat(50), cancelled: fc.boolean() }), { maxLength: 200 });
  fc.assert(
    fc.property(events, (plan) => {
      const time = createVirtualTime();
      const happened: { index: number; at: number }[] = [];
      plan.forEach(({ delay, cancelled }, index) => {
        const cancel = time.schedule(delay, () => happened.push({ index, at: time.now() }));
        if (cancelled) cancel();
      });
      while (time.nextAt() !== null) time.step();
      const expected = plan
        .map(({ delay, cancelled }, index) => ({ index, at: delay, cancelled }))
        .filter(({ cancelled }) => !cancelled)
        .sort((a, b) => a.at - b.at || a.index - b.index)
        .map(({ index, at }) => ({ index, at }));
      expect(happened).toEqual(expected);
    }),
  );
});
