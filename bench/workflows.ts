/** The bundle of the benches: Drover's workflows and the bare ones, in one worker. */
export * from '../src/workflows';
export * from './bare';
