/**
 * Paths of every worker's data converters. The SDK loads them in the worker's own thread and in the
 * sandbox.
 */
export const DATA_CONVERTER = {
  payloadConverterPath: require.resolve('../workflows/sandbox/payload-converter'),
  failureConverterPath: require.resolve('../workflows/sandbox/failure-converter'),
} as const;
