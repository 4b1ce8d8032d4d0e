/** The things that need a person, from the lists as they are now. */
import { computed } from '@preact/signals';
import { agents, fleets, inbox, pools } from './lists';
import { needsOf } from './needs';

/** The list of the screen Now; the badge counts it. */
export const needs = computed(() =>
  needsOf({
    agents: agents.value.value.items,
    fleets: fleets.value.value.items,
    pools: pools.value.value.items,
    inbox: inbox.value.value.items,
  }),
);
