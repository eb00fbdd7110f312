package dev.sampo.cli;

import dev.sampo.error.RequestException;
import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.ExecutionProvider;
import dev.sampo.runtime.SessionConfig;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of every command that runs a model. */
final class CommonOptions {
  @Option(
      names = "--seed",
      paramLabel = "N",
      description =
          "Seed of the random numbers; the same seed gives the same result. Without it one is drawn and shown.")
  private @Nullable Long seed;

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      defaultValue = "cpu",
      description =
          "Where graphs run: cpu, cuda[:N], tensorrt[:N], coreml, nnapi, xnnpack. Default: ${DEFAULT-VALUE}.")
  private String device = "cpu";

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads that one graph may use. Default: as many as there are cores.")
  private @Nullable Integer threads;

  @Option(
      names = "--provider-option",
      paramLabel = "KEY=VALUE",
      description = "An option of the execution provider in ONNX Runtime's spelling; repeatable.")
  private Map<String, String> providerOptions = new LinkedHashMap<>();

  @Option(
      names = "--device-tensors",
      description =
          "Keep caches and other tensors that are fed back in the memory of the device; helps on a GPU.")
  private boolean deviceTensors;

  @Option(
      names = "--variant",
      paramLabel = "SUFFIX",
      defaultValue = "",
      description =
          "Which graphs to take where a folder holds several: fp16, int8, q4, quantized, optimized and"
              + " so on, as their file names end.")
  private String variant = "";

  @Option(names = "--json", description = "Print one JSON document on stdout.")
  private boolean json;

  private @Nullable Long drawnSeed;

  /** The seed given, or the one drawn in its place: below 2^31, so that it is short enough to type again. */
  long seed() {
    if (seed != null) {
      return seed;
    }
    if (drawnSeed == null) {
      drawnSeed = (long) new SecureRandom().nextInt(Integer.MAX_VALUE);
    }
    return drawnSeed;
  }

  /** The seed given, or another where none was. */
  long seedOr(long other) {
    return seed == null ? other : seed;
  }

  /** A model, in the variant that was asked for. */
  ModelFolder open(Path path) {
    return ModelFolder.open(path, variant);
  }

  /** Like {@link #open}, without holding it against its spec. */
  ModelFolder locate(Path path) {
    return ModelFolder.locate(path, variant);
  }

  boolean json() {
    return json;
  }

  /** What a process that runs a model as this one does is started with. */
  List<String> workerOptions() {
    List<String> options = new ArrayList<>(List.of("--device", device));
    if (threads != null) {
      options.addAll(List.of("--threads", threads.toString()));
    }
    providerOptions.forEach(
        (key, value) -> options.addAll(List.of("--provider-option", key + "=" + value)));
    if (deviceTensors) {
      options.add("--device-tensors");
    }
    if (!variant.isEmpty()) {
      options.addAll(List.of("--variant", variant));
    }
    return options;
  }

  private ExecutionProvider provider() {
    try {
      return ExecutionProvider.parse(device);
    } catch (RequestException e) {
      throw new UsageException("--device: " + e.getMessage(), e);
    }
  }

  /** How sessions are opened. */
  SessionConfig sessionConfig() {
    SessionConfig.Builder builder = SessionConfig.builder();
    if (threads != null) {
      if (threads < 1) {
        throw new UsageException("--threads is " + threads + ", wanted 1 or more");
      }
      builder.intraOpThreads(threads);
    }
    ExecutionProvider provider = provider();
    if (!providerOptions.isEmpty()) {
      Map<String, String> options = new LinkedHashMap<>(provider.options());
      options.putAll(providerOptions);
      provider = ExecutionProvider.raw(provider.ortName(), options);
    }
    if (!(provider instanceof ExecutionProvider.Cpu)) {
      builder.executionProvider(provider);
    }
    if (deviceTensors) {
      builder.deviceTensors(true);
    }
    return builder.graphSeed(seed()).build();
  }
}
