// Ends a run with one plain line, for whoever reads only the last one. It knows no test.
import type { Reporter, TestModule } from 'vitest/node';

export function closingLine(): Reporter {
  return {
    onTestRunEnd(modules: readonly TestModule[]) {
      const counts = { passed: 0, failed: 0, skipped: 0 };
      for (const module of modules) {
        for (const test of module.children.allTests()) {
          const { state } = test.result();
          if (state !== 'pending') counts[state] += 1;
        }
        if (module.state() === 'failed' && counts.failed === 0) counts.failed += 1;
      }
      process.on('exit', () => process.stdout.write(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`));
    },
  };
}
