/** The things that need a person, from the lists as they are now. */
import { computed } from '@preact/signals';
import { agents, fleets, inbox, pools } from './lists';
import { needsOf } from './needs';

/** The list of the screen Now; the badge counts it. */
export const needs = computed(() =>
  needsOf({
    agents: agents.read.value.items,
    fleets: fleets.read.value.items,
    pools: pools.read.value.items,
    inbox: inbox.read.value.items,
  }),
);
