/** Schemas of Drover's views, for the description of the HTTP interface. */
export * from './agents';
export * from './answers';
export * from './fleets';
export * from './inbox';
export * from './pools';
export * from './runs';
export { eventSchema } from '../events';
