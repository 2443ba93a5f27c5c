import java.net.URI;
import java.util.concurrent.TimeUnit;
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
import software.amazon.kinesis.retrieval.polling.PollingConfig;

/**
 * A worker of the Java KCL as it is out of the box: polling instead of fan-out, no metrics, every other setting left alone. It
 * checkpoints a shard every five seconds and at a stop (SIGTERM), and prints what the worker of ours prints (process.ts).
 * System properties: kinesis, dynamo (URLs), application, stream, worker.
 */
public final class DefaultKclWorker {
  private static final long CHECKPOINT_MILLIS = 5_000;
  private static final long STOP_SECONDS = 30;

  private DefaultKclWorker() {}

  private static synchronized void say(String kind, String shard) {
    System.out.println("{\"kind\":\"" + kind + "\",\"shard\":\"" + shard + "\",\"atMs\":" + System.currentTimeMillis() + "}");
    System.out.flush();
  }

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
      say("read", shard);
      if (System.nanoTime() - checkpointedNanos < TimeUnit.MILLISECONDS.toNanos(CHECKPOINT_MILLIS)) return;
      checkpointedNanos = System.nanoTime();
      checkpoint(input.checkpointer());
    }

    @Override
    public void leaseLost(LeaseLostInput input) {
      say("gone", shard);
    }

    @Override
    public void shardEnded(ShardEndedInput input) {
      checkpoint(input.checkpointer());
    }

    @Override
    public void shutdownRequested(ShutdownRequestedInput input) {
      checkpoint(input.checkpointer());
      say("gone", shard);
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

  private static Scheduler scheduler() {
    StaticCredentialsProvider credentials = StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test"));
    Region region = Region.US_EAST_1;
    // Emulators answer HTTP/2 badly.
    KinesisAsyncClient kinesis = KinesisAsyncClient.builder().region(region).credentialsProvider(credentials)
        .endpointOverride(URI.create(System.getProperty("kinesis")))
        .httpClientBuilder(NettyNioAsyncHttpClient.builder().protocol(Protocol.HTTP1_1)).build();
    DynamoDbAsyncClient dynamo = DynamoDbAsyncClient.builder().region(region).credentialsProvider(credentials)
        .endpointOverride(URI.create(System.getProperty("dynamo"))).build();
    // Never called: there is a NullMetricsFactory below.
    CloudWatchAsyncClient cloudWatch = CloudWatchAsyncClient.builder().region(region).credentialsProvider(credentials)
        .endpointOverride(URI.create("http://127.0.0.1:9")).build();
    String stream = System.getProperty("stream");
    SingleStreamTracker tracker = new SingleStreamTracker(stream, InitialPositionInStreamExtended.newInitialPosition(InitialPositionInStream.TRIM_HORIZON));
    ConfigsBuilder configs = new ConfigsBuilder(tracker, System.getProperty("application"), kinesis, dynamo, cloudWatch, System.getProperty("worker"), Processor::new);
    var leases = configs.leaseManagementConfig();
    // Without it the worker looks for the load figures of a machine in a cloud.
    leases.workerUtilizationAwareAssignmentConfig().disableWorkerMetrics(true);
    return new Scheduler(configs.checkpointConfig(), configs.coordinatorConfig(), leases, configs.lifecycleConfig(),
        configs.metricsConfig().metricsFactory(new NullMetricsFactory()), configs.processorConfig(),
        configs.retrievalConfig().retrievalSpecificConfig(new PollingConfig(stream, kinesis)));
  }

  public static void main(String[] arguments) throws Exception {
    Scheduler scheduler = scheduler();
    Thread running = new Thread(scheduler, "scheduler");
    running.setDaemon(true);
    running.start();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> {
      try {
        scheduler.startGracefulShutdown().get(STOP_SECONDS, TimeUnit.SECONDS);
      } catch (Exception e) {
        System.err.println("The graceful stop failed: " + e);
      }
    }));
    running.join();
  }
}
