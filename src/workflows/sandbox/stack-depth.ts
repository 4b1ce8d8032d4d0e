/**
 * How deep a stack is in the sandbox, in frames. The SDK takes one for every promise and finds each of its frames in the source map, which
 * was a third of the work of a busy workflow thread (decision 12). Four tell where an error was thrown, and by whom that was called.
 */
const FRAMES = 4;

// The SDK freezes the sandbox's globals once the preloaded modules have been evaluated; in a bundle without them this comes too late.
if (!Object.isFrozen(Error)) Error.stackTraceLimit = FRAMES;
