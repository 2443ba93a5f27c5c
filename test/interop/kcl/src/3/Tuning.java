import software.amazon.kinesis.leases.LeaseManagementConfig;

/** What only one line of the KCL can be told: 3.x works with periods of half a minute unless it is told otherwise. */
final class Tuning {
  private static final long ASSIGNMENT_MILLIS = 2_000;
  private static final long METRICS_MILLIS = 2_000;
  private static final long HEARTBEAT_MILLIS = 3_000;
  private static final long LEADER_LEASE_MILLIS = 12_000;

  private Tuning() {}

  static void hurry(LeaseManagementConfig leases) {
    leases.leaseAssignmentIntervalMillis(ASSIGNMENT_MILLIS);
    leases.dynamoDbLockBasedLeaderHeartbeatPeriodInMillis(HEARTBEAT_MILLIS);
    leases.dynamoDbLockBasedLeaderLeaseDurationInMillis(LEADER_LEASE_MILLIS);
    // Without it the worker looks for the load figures of a machine in a cloud.
    leases.workerUtilizationAwareAssignmentConfig().disableWorkerMetrics(true).workerMetricsReporterFreqInMillis(METRICS_MILLIS);
  }
}
