/** A provider for those who only look through what is there. */
import type { HeldResource, Provider } from '../../src/providers/provider';

/** A provider that holds given resources, and only lists and destroys. */
export function holding(held: HeldResource[]): Provider {
  const never = (): never => {
    throw new Error('no test asked for that');
  };
  return {
    kind: 'memory',
    create: never,
    wake: never,
    suspend: never,
    continue: never,
    stop: never,
    inspect: never,
    logs: never,
    list: async () => held,
    destroy: async ({ resourceId }) => {
      const at = held.findIndex((resource) => resource.resourceId === resourceId);
      held.splice(at, 1);
      return { existed: at >= 0 };
    },
  };
}
