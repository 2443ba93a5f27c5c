#!/usr/bin/env node
// The program: gives the command line its machine and the process its exit code.
import { processIo } from './adapters/process-io.ts';
import { ownVersion } from './adapters/version.ts';
import { runCli } from './cli/program.ts';

process.exit(await runCli(process.argv.slice(2), processIo(ownVersion())));
