import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
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
import software.amazon.kinesis.retrieval.KinesisClientRecord;
import software.amazon.kinesis.retrieval.polling.PollingConfig;

/**
 * A worker of the Java KCL that says each record and each turn of its life as one line of JSON on standard output. It
 * checkpoints after each batch and at a stop (SIGTERM). System properties: kinesis, dynamo (URLs), application, stream,
 * worker, failoverMillis, steal (leases of others to take at once).
 */
public final class KclWorker {
  private static final long IDLE_MILLIS = 300;
  private static final long DISPATCH_MILLIS = 200;
  /** After a shard sync at the start the KCL sleeps for so long. */
  private static final long SYNC_MILLIS = 500;
  private static final long STOP_SECONDS = 30;
  private static final ObjectMapper JSON = new ObjectMapper();

  private KclWorker() {}

  private static String option(String name) {
    String value = System.getProperty(name);
    if (value == null) throw new IllegalArgumentException("the system property " + name + " is missing");
    return value;
  }

  /** Fields come as name, value, name, value. */
  private static synchronized void say(String kind, String... fields) {
    Map<String, String> line = new LinkedHashMap<>();
    line.put("kind", kind);
    for (int i = 0; i < fields.length; i += 2) line.put(fields[i], fields[i + 1]);
    try {
      System.out.println(JSON.writeValueAsString(line));
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
    System.out.flush();
  }

  private static final class Processor implements ShardRecordProcessor {
    private String shard;

    @Override
    public void initialize(InitializationInput input) {
      shard = input.shardId();
      say("shard-started", "shard", shard, "from", input.extendedSequenceNumber().sequenceNumber());
    }

    @Override
    public void processRecords(ProcessRecordsInput input) {
      for (KinesisClientRecord record : input.records()) {
        say("record", "shard", shard, "sequence", record.sequenceNumber(), "data", StandardCharsets.UTF_8.decode(record.data()).toString());
      }
      if (!input.records().isEmpty()) checkpoint(input.checkpointer());
    }

    @Override
    public void leaseLost(LeaseLostInput input) {
      say("shard-lost", "shard", shard);
    }

    @Override
    public void shardEnded(ShardEndedInput input) {
      checkpoint(input.checkpointer());
      say("shard-ended", "shard", shard);
    }

    @Override
    public void shutdownRequested(ShutdownRequestedInput input) {
      checkpoint(input.checkpointer());
      say("shard-stopped", "shard", shard);
    }

    private void checkpoint(RecordProcessorCheckpointer checkpointer) {
      try {
        checkpointer.checkpoint();
      } catch (ShutdownException e) {
        // The lease is somebody else's by now; leaseLost follows.
        say("checkpoint-refused", "shard", shard);
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
        .endpointOverride(URI.create(option("kinesis")))
        .httpClientBuilder(NettyNioAsyncHttpClient.builder().protocol(Protocol.HTTP1_1)).build();
    DynamoDbAsyncClient dynamo = DynamoDbAsyncClient.builder().region(region).credentialsProvider(credentials)
        .endpointOverride(URI.create(option("dynamo"))).build();
    // Never called: there is a NullMetricsFactory below.
    CloudWatchAsyncClient cloudWatch = CloudWatchAsyncClient.builder().region(region).credentialsProvider(credentials)
        .endpointOverride(URI.create("http://127.0.0.1:9")).build();
    String stream = option("stream");
    SingleStreamTracker tracker = new SingleStreamTracker(stream, InitialPositionInStreamExtended.newInitialPosition(InitialPositionInStream.TRIM_HORIZON));
    ConfigsBuilder configs = new ConfigsBuilder(tracker, option("application"), kinesis, dynamo, cloudWatch, option("worker"), Processor::new);
    PollingConfig polling = new PollingConfig(stream, kinesis);
    polling.idleTimeBetweenReadsInMillis(IDLE_MILLIS);
    var leases = configs.leaseManagementConfig();
    leases.failoverTimeMillis(Long.parseLong(option("failoverMillis")));
    leases.maxLeasesToStealAtOneTime(Integer.parseInt(option("steal")));
    leases.shardSyncIntervalMillis(SYNC_MILLIS);
    Tuning.hurry(leases);
    var coordinator = configs.coordinatorConfig();
    coordinator.shardConsumerDispatchPollIntervalMillis(DISPATCH_MILLIS);
    return new Scheduler(configs.checkpointConfig(), coordinator, leases, configs.lifecycleConfig(),
        configs.metricsConfig().metricsFactory(new NullMetricsFactory()), configs.processorConfig(),
        configs.retrievalConfig().retrievalSpecificConfig(polling));
  }

  public static void main(String[] arguments) throws Exception {
    Scheduler scheduler = scheduler();
    Thread running = new Thread(scheduler, "scheduler");
    running.setDaemon(true);
    running.start();
    say("started");
    Runtime.getRuntime().addShutdownHook(new Thread(() -> {
      say("stopping");
      try {
        say("stopped", "clean", String.valueOf(scheduler.startGracefulShutdown().get(STOP_SECONDS, TimeUnit.SECONDS)));
      } catch (Exception e) {
        say("stopped", "clean", "false", "error", e.toString());
      }
    }));
    running.join();
  }
}
