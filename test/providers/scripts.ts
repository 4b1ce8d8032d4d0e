/** The behaviours of the contract suite as shell scripts. */
import type { Behaviour } from './contract';

const LOOP = 'while :; do sleep 1 & wait $!; done';

export const SCRIPTS: Readonly<Record<Behaviour, string>> = {
  patient: `trap "exit 0" TERM; echo up; ${LOOP}`,
  stubborn: `trap "" TERM; echo up; ${LOOP}`,
  failing: 'echo worst; exit 3',
};
