// Examples of the commands that bring none of their own, by the words that call them. A test sees to it that every command has one.

export const helpExamples: Readonly<Record<string, readonly string[]>> = {
  run: ['shardfold run', 'shardfold run -c orders.yaml --set lease.duration=20s', 'shardfold run --until-caught-up'],
  validate: ['shardfold validate', 'shardfold validate --live --config orders.yaml'],
  config: ['shardfold config print', 'shardfold config explain lease.duration'],
  'config print': ['shardfold config print', 'shardfold config print --json'],
  'config explain': ['shardfold config explain lease.duration'],
  'config schema': ['shardfold config schema > shardfold.schema.json'],
  leases: ['shardfold leases list', 'shardfold leases show shardId-000000000003'],
  'leases list': ['shardfold leases list', 'shardfold leases list --json'],
  'leases show': ['shardfold leases show shardId-000000000003'],
  'leases adopt': ['shardfold leases adopt', 'shardfold leases adopt --multi-stream --dry-run'],
  checkpoint: ['shardfold checkpoint get', 'shardfold checkpoint export > leases.jsonl'],
  'checkpoint get': ['shardfold checkpoint get', 'shardfold checkpoint get --shard shardId-000000000003'],
  formats: ['shardfold formats'],
  decode: ['shardfold decode records.jsonl', 'shardfold tap --raw --limit 10 | shardfold decode'],
  dlq: ['shardfold dlq list --since 1h', 'shardfold dlq replay --dry-run'],
  'dlq show': ['shardfold dlq show 3f2a9c'],
  demo: ['shardfold demo', 'shardfold demo --for 30s --rate 2000 --sink sqlite'],
  help: ['shardfold help', 'shardfold help config explain'],
  completion: ['source <(shardfold completion bash)', 'shardfold completion zsh > "$HOME/.zfunc/_shardfold"'],
};
