/**
 * The installation of a test file. Files run side by side, and providers list and end the real processes of one installation, so two files
 * must not share one.
 */
export const INSTALLATION = `inst${String(process.pid)}`;
