// Every headline that the page can have. Each has a line in the guide that says what it means and what to do; none says so here.

const stateTitles = {
  running: 'All is well',
  starting: 'The worker is starting',
  draining: 'The worker is draining',
  watching: 'The worker waits until a Java fleet is seen to be gone',
  restrained: 'A Java fleet leads this table: the worker keeps what it has and takes nothing more',
  stopped: 'The worker has stopped',
} as const;

const problemTitles = {
  noShard: 'No shard is known yet',
  leasesAway: 'The lease table does not answer',
  stuck: 'The worker is stuck',
  sinkBlocked: (sink: string) => `Blocked by sink ${sink}`,
  sinkSilent: (sink: string, time: string) => `Sink ${sink} has not answered for ${time}`,
  tableBlocked: (table: string, sink: string) => `Table ${table} of sink ${sink} takes no writes`,
  tablesBlocked: (count: string, sink: string) => `${count} tables of sink ${sink} take no writes`,
  lettersAway: 'Dead letters cannot be kept',
  streamAway: (stream: string) => `Stream ${stream} cannot be read`,
  gaps: 'Records were forgotten before they were read',
  unowned: (shards: string) => `${shards} without a worker`,
  failing: (shards: string) => `${shards} cannot get on`,
  late: (time: string) => `Late by ${time}`,
  catchingUp: (time: string) => `Late by ${time}, catching up`,
  lateWorker: (worker: string) => `Worker ${worker} is late`,
  lateWorkers: (count: string) => `${count} other workers are late`,
  lettersGrow: 'Dead letters are growing',
  justNow: 'An error just now',
} as const;

export const headlines = { ...stateTitles, ...problemTitles } as const;

/** As the guide has them: `…` stands for a name, a number or a time. */
export function headlineForms(): readonly string[] {
  const blanks = ['…', '…'] as const;
  return Object.values(headlines).map((each) => (typeof each === 'string' ? each : each(...blanks)));
}
