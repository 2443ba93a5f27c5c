// Ends a run with one plain line, for whoever reads only the last one. It knows no test.
import type { Reporter, TestModule } from 'vitest/node';

export function closingLine(): Reporter {
  return {
    onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]) {
      const counts = { passed: 0, failed: errors.length, skipped: 0 };
      for (const module of modules) {
        for (const test of module.children.allTests()) {
          const { state } = test.result();
          if (state !== 'pending') counts[state] += 1;
        }
        // A file that failed outside its tests: it did not load, or left something open.
        counts.failed += module.errors().length;
      }
      process.on('exit', () => process.stdout.write(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`));
    },
  };
}
