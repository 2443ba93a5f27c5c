import software.amazon.kinesis.leases.LeaseManagementConfig;

/** What only one line of the KCL can be told: nothing in 2.x. */
final class Tuning {
  private Tuning() {}

  static void hurry(LeaseManagementConfig leases) {}
}
