// `formats` and `decode`.
import { command, jsonAnywayFlag, jsonFlag, type Registry } from './registry.ts';

const code = () => import('../decode.ts');

export function registerRecords({ program, io, done }: Registry): void {
  command(program, 'formats', 'the wire formats, what they recognise, an example of each')
    .option(...jsonFlag)
    .action(async (flags) => done(await (await code()).formats(io, flags)));
  command(program, 'decode [file]', 'records, one a line (JSON, base64, Kinesis or Lambda events) to change events as JSON lines')
    .option('--format <name>', 'the wire format', 'auto')
    .option('--stream <name>', 'name or ARN of the stream they came from, where the format takes the table from it')
    .option(...jsonAnywayFlag)
    .action(async (file: string | undefined, flags) => done(await (await code()).decode(io, file, flags)));
}
