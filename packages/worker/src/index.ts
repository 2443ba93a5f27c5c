// What `shardfold` offers to programs: the configuration and the worker. The rest is the command line's.
export type { Config } from './config/config.ts';
export type { Fault } from './config/faults.ts';
export { type Loaded, type LoadInput, loadConfig } from './config/load.ts';
export type { Log } from './observe/log.ts';
export { type RunOptions, runWorker } from './run.ts';
