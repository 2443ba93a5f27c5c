import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.management.OperatingSystemMXBean;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.Protocol;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.cloudwatch.CloudWatchAsyncClient;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.kinesis.common.ConfigsBuilder;
import software.amazon.kinesis.common.InitialPositionInStream;
import software.amazon.kinesis.common.InitialPositionInStreamExtended;
import software.amazon.kinesis.coordinator.Scheduler;
import software.amazon.kinesis.exceptions.InvalidStateException;
import software.amazon.kinesis.exceptions.ShutdownException;
import software.amazon.kinesis.lifecycle.events.InitializationInput;
import software.amazon.kinesis.lifecycle.events.LeaseLostInput;
import software.amazon.kinesis.lifecycle.events.ProcessRecordsInput;
import software.amazon.kinesis.lifecycle.events.ShardEndedInput;
import software.amazon.kinesis.lifecycle.events.ShutdownRequestedInput;
import software.amazon.kinesis.metrics.NullMetricsFactory;
import software.amazon.kinesis.processor.RecordProcessorCheckpointer;
import software.amazon.kinesis.processor.ShardRecordProcessor;
import software.amazon.kinesis.processor.SingleStreamTracker;
import software.amazon.kinesis.retrieval.KinesisClientRecord;
import software.amazon.kinesis.retrieval.polling.PollingConfig;

/**
 * A worker of the Java KCL whose processor counts, and checkpoints each shard every five seconds. For each line on its standard input it
 * prints what it has done, as our worker does (system.ts). System properties: kinesis, dynamo (URLs), application, stream; parse: a tree
 * of every record; seeding: no long waits at the start, for a run that only fills the lease table.
 */
public final class NoopKclWorker {
  private static final long CHECKPOINT_NANOS = TimeUnit.SECONDS.toNanos(5);
  /** The KCL takes no less. */
  private static final long IDLE_MILLIS = 200;
  private static final int MAX_RECORDS = 10_000;
  private static final boolean PARSE = Boolean.getBoolean("parse");
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final LongAdder RECORDS = new LongAdder();
  private static final Set<String> SHARDS = ConcurrentHashMap.newKeySet();
  private static final AtomicLong FIRST_MILLIS = new AtomicLong();

  private NoopKclWorker() {}

  private static final class Processor implements ShardRecordProcessor {
    private String shard;
    private long checkpointedNanos = System.nanoTime();

    @Override
    public void initialize(InitializationInput input) {
      shard = input.shardId();
    }

    @Override
    public void processRecords(ProcessRecordsInput input) {
      if (input.records().isEmpty()) return;
      FIRST_MILLIS.compareAndSet(0, System.currentTimeMillis());
      SHARDS.add(shard);
      if (PARSE) input.records().forEach(NoopKclWorker::parse);
      RECORDS.add(input.records().size());
      if (System.nanoTime() - checkpointedNanos < CHECKPOINT_NANOS) return;
      checkpointedNanos = System.nanoTime();
      checkpoint(input.checkpointer());
    }

    @Override
    public void leaseLost(LeaseLostInput input) {}

    @Override
    public void shardEnded(ShardEndedInput input) {
      checkpoint(input.checkpointer());
    }

    @Override
    public void shutdownRequested(ShutdownRequestedInput input) {
      checkpoint(input.checkpointer());
    }

    private void checkpoint(RecordProcessorCheckpointer checkpointer) {
      try {
        checkpointer.checkpoint();
      } catch (ShutdownException e) {
        // The lease is somebody else's by now; leaseLost follows.
      } catch (InvalidStateException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private static void parse(KinesisClientRecord record) {
    try {
      byte[] bytes = new byte[record.data().remaining()];
      record.data().get(bytes);
      JSON.readTree(new String(bytes, StandardCharsets.UTF_8));
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Scheduler scheduler() {
    StaticCredentialsProvider credentials = StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test"));
    Region region = Region.US_EAST_1;
    KinesisAsyncClient kinesis = KinesisAsyncClient.builder().region(region).credentialsProvider(credentials)
        .endpointOverride(URI.create(System.getProperty("kinesis")))
        .httpClientBuilder(NettyNioAsyncHttpClient.builder().protocol(Protocol.HTTP1_1).maxConcurrency(500)
            .connectionAcquisitionTimeout(Duration.ofSeconds(60)).readTimeout(Duration.ofSeconds(60)))
        .build();
    DynamoDbAsyncClient dynamo = DynamoDbAsyncClient.builder().region(region).credentialsProvider(credentials)
        .endpointOverride(URI.create(System.getProperty("dynamo"))).build();
    // Never called: there is a NullMetricsFactory below.
    CloudWatchAsyncClient cloudWatch = CloudWatchAsyncClient.builder().region(region).credentialsProvider(credentials)
        .endpointOverride(URI.create("http://127.0.0.1:9")).build();
    String stream = System.getProperty("stream");
    SingleStreamTracker tracker = new SingleStreamTracker(stream, InitialPositionInStreamExtended.newInitialPosition(InitialPositionInStream.TRIM_HORIZON));
    ConfigsBuilder configs = new ConfigsBuilder(tracker, System.getProperty("application"), kinesis, dynamo, cloudWatch, "bench-worker", Processor::new);
    PollingConfig polling = new PollingConfig(stream, kinesis).maxRecords(MAX_RECORDS);
    polling.idleTimeBetweenReadsInMillis(IDLE_MILLIS);
    var leases = configs.leaseManagementConfig();
    // Without it the worker looks for the load figures of a machine in a cloud.
    leases.workerUtilizationAwareAssignmentConfig().disableWorkerMetrics(true);
    if (Boolean.getBoolean("seeding")) {
      leases.shardSyncIntervalMillis(500L);
      leases.leaseAssignmentIntervalMillis(2_000L);
    }
    return new Scheduler(configs.checkpointConfig(), configs.coordinatorConfig(), leases, configs.lifecycleConfig(),
        configs.metricsConfig().metricsFactory(new NullMetricsFactory()), configs.processorConfig(),
        configs.retrievalConfig().retrievalSpecificConfig(polling));
  }

  private static String sample(OperatingSystemMXBean system) {
    long first = FIRST_MILLIS.get();
    return String.format("{\"atMs\":%d,\"records\":%d,\"shards\":%d,%s\"cpuMs\":%d}", System.nanoTime() / 1_000_000, RECORDS.sum(), SHARDS.size(),
        first == 0 ? "" : "\"firstRecordMs\":" + first + ",", system.getProcessCpuTime() / 1_000_000);
  }

  public static void main(String[] arguments) throws Exception {
    OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    Thread running = new Thread(scheduler(), "scheduler");
    running.setDaemon(true);
    running.start();
    BufferedReader asked = new BufferedReader(new InputStreamReader(System.in));
    while (asked.readLine() != null) {
      System.out.println(sample(system));
      System.out.flush();
    }
  }
}
