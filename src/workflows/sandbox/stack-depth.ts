/**
 * Depth of stack traces in the sandbox, in frames. The SDK takes a trace for every promise and looks up each frame in the source map, which
 * was a third of the work of a busy workflow thread (decision 12). Four frames show where an error was thrown and the callers.
 */
const FRAMES = 4;

// The SDK freezes the sandbox's globals after the preloaded modules; in a bundle without those, this code runs too late.
if (!Object.isFrozen(Error)) Error.stackTraceLimit = FRAMES;
