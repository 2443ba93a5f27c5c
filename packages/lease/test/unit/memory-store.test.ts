// The in-memory reference against the suite that every lease store must pass.
import { leaseStoreConformance } from '../../src/testing/conformance/suite.ts';
import { memoryTableUnderTest } from '../support/memory-table-under-test.ts';

leaseStoreConformance('in memory', memoryTableUnderTest);
