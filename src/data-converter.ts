/** The converters of every worker, by the paths that the SDK loads them from: in the worker's own thread and in the sandbox. */
export const DATA_CONVERTER = {
  payloadConverterPath: require.resolve('./workflows/sandbox/payload-converter'),
  failureConverterPath: require.resolve('./workflows/sandbox/failure-converter'),
} as const;
