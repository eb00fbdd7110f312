package dev.sampo.runtime;

import dev.sampo.error.RequestException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How a graph is loaded and run.
 *
 * @param executionProviders tried in this order for every node; the CPU takes what is left and need not be named
 * @param intraOpThreads threads inside one operator; 0: one a physical core
 * @param reproducible whether the numbers must not depend on the number of threads: each operator then runs on one thread, whatever
 *     {@code intraOpThreads} says. Most graphs give the same bytes without it; some operators add in another order when they are split
 *     (docs/adr says which)
 * @param interOpThreads threads for operators that run side by side; 0 or 1: one after the other
 * @param spinning whether idle threads burn a core to wake up faster; false helps (0.63 of the time was measured) where another process keeps
 *     a core busy, and costs about a tenth otherwise
 * @param memoryArena whether freed memory is kept for the next run; false costs about 5 % and keeps the process small
 * @param prepacking whether weights are laid out anew for speed when loading; false loads ten times faster from external data and leaves the
 *     weights mapped, and a step takes 1.1 to 1.9 times as long: for short processes and phones
 * @param optimizationLevel how much the graph is rewritten on loading
 * @param optimizedModelCache folder where optimized graphs are kept for the next start, or null for none
 * @param cpuFallback whether a provider may leave nodes that it does not know to the CPU; false makes that an error on loading, unless the CPU
 *     is in the list
 * @param symbols values for symbolic dimensions, such as {@code batch} to 1, for providers that want fixed shapes
 * @param deviceTensors whether key/value caches and other outputs that only serve as inputs stay in the memory of the execution provider
 *     between runs; wants the module {@code sampo-device}. Results are the same; on a GPU nothing but ids, latents and scores crosses the
 *     bus. System property {@code sampo.deviceTensors=true} makes this the default
 * @param graphSeed seed of the random numbers that graphs draw inside ({@code RandomNormalLike}, {@code Multinomial}, {@code Dropout} in training mode):
 *     each node gets its own from it when the graph is loaded and draws on from run to run; null leaves them to ONNX Runtime, and results of such
 *     graphs do not repeat. {@link OnnxFile#randomOperators()} tells which graphs do
 * @param configEntries raw session entries in ONNX Runtime's spelling, such as {@code session.set_denormal_as_zero}
 */
public record SessionConfig(
    List<ExecutionProvider> executionProviders,
    int intraOpThreads,
    boolean reproducible,
    int interOpThreads,
    boolean spinning,
    boolean memoryArena,
    boolean prepacking,
    OptimizationLevel optimizationLevel,
    @Nullable Path optimizedModelCache,
    boolean cpuFallback,
    boolean deviceTensors,
    @Nullable Long graphSeed,
    Map<String, Long> symbols,
    Map<String, String> configEntries) {

  /** How much ONNX Runtime rewrites a graph on loading. */
  public enum OptimizationLevel {
    /** As it stands. */
    NONE,
    /** Constants folded, redundant nodes removed. */
    BASIC,
    /** Also fused nodes of the provider. */
    EXTENDED,
    /** Also memory layouts of this very processor. */
    ALL
  }

  /** Copies the collections and checks the numbers. */
  public SessionConfig {
    executionProviders = Collections.unmodifiableList(new ArrayList<>(executionProviders));
    symbols = Collections.unmodifiableMap(new LinkedHashMap<>(symbols));
    configEntries = Collections.unmodifiableMap(new LinkedHashMap<>(configEntries));
    if (intraOpThreads < 0 || interOpThreads < 0) {
      throw new RequestException(
          "intraOpThreads",
          "intraOpThreads is "
              + intraOpThreads
              + " and interOpThreads "
              + interOpThreads
              + "; wanted 0 (chosen by ONNX Runtime) or more");
    }
  }

  /** CPU, one thread a core, full optimization, no cache. */
  public static SessionConfig defaults() {
    return builder().build();
  }

  /** A builder that starts from {@link #defaults()}. */
  public static Builder builder() {
    return new Builder();
  }

  /** A builder that starts from this. */
  public Builder toBuilder() {
    Builder b = new Builder();
    b.executionProviders = executionProviders;
    b.intraOpThreads = intraOpThreads;
    b.reproducible = reproducible;
    b.interOpThreads = interOpThreads;
    b.spinning = spinning;
    b.memoryArena = memoryArena;
    b.prepacking = prepacking;
    b.optimizationLevel = optimizationLevel;
    b.optimizedModelCache = optimizedModelCache;
    b.cpuFallback = cpuFallback;
    b.deviceTensors = deviceTensors;
    b.graphSeed = graphSeed;
    b.symbols.putAll(symbols);
    b.configEntries.putAll(configEntries);
    return b;
  }

  /** Builds a {@link SessionConfig}; the defaults are here and nowhere else. */
  public static final class Builder {
    private List<ExecutionProvider> executionProviders =
        Collections.singletonList(ExecutionProvider.cpu());
    private int intraOpThreads;
    private boolean reproducible;
    private int interOpThreads;
    private boolean spinning = true;
    private boolean memoryArena = true;
    private boolean prepacking = true;
    private OptimizationLevel optimizationLevel = OptimizationLevel.ALL;
    private @Nullable Path optimizedModelCache;
    private boolean cpuFallback = true;
    private boolean deviceTensors = Boolean.getBoolean("sampo.deviceTensors");
    private @Nullable Long graphSeed;
    private final Map<String, Long> symbols = new LinkedHashMap<>();
    private final Map<String, String> configEntries = new LinkedHashMap<>();

    private Builder() {}

    /** Providers, the first choice first. */
    public Builder executionProviders(List<ExecutionProvider> value) {
      executionProviders = new ArrayList<>(value);
      return this;
    }

    /** One provider. */
    public Builder executionProvider(ExecutionProvider value) {
      executionProviders = Collections.singletonList(value);
      return this;
    }

    /** Threads inside one operator; 0: one a physical core. */
    public Builder intraOpThreads(int value) {
      intraOpThreads = value;
      return this;
    }

    /** Whether the numbers must not depend on the number of threads; each operator then runs on one. */
    public Builder reproducible(boolean value) {
      reproducible = value;
      return this;
    }

    /** Threads for operators side by side. */
    public Builder interOpThreads(int value) {
      interOpThreads = value;
      return this;
    }

    /** Whether idle threads spin. */
    public Builder spinning(boolean value) {
      spinning = value;
      return this;
    }

    /** Whether freed memory is kept for the next run. */
    public Builder memoryArena(boolean value) {
      memoryArena = value;
      return this;
    }

    /** Whether weights are laid out anew on loading. */
    public Builder prepacking(boolean value) {
      prepacking = value;
      return this;
    }

    /** How much the graph is rewritten. */
    public Builder optimizationLevel(OptimizationLevel value) {
      optimizationLevel = value;
      return this;
    }

    /** Folder for optimized graphs, or null. */
    public Builder optimizedModelCache(@Nullable Path value) {
      optimizedModelCache = value;
      return this;
    }

    /** Whether nodes may be left to the CPU. */
    public Builder cpuFallback(boolean value) {
      cpuFallback = value;
      return this;
    }

    /** Whether what is fed back stays in the memory of the execution provider. */
    public Builder deviceTensors(boolean value) {
      deviceTensors = value;
      return this;
    }

    /** Seed of the random numbers that graphs draw inside, or null to leave them to ONNX Runtime. */
    public Builder graphSeed(@Nullable Long value) {
      graphSeed = value;
      return this;
    }

    /** Fixes a symbolic dimension. */
    public Builder symbol(String name, long value) {
      symbols.put(name, value);
      return this;
    }

    /** A raw session entry. */
    public Builder configEntry(String key, String value) {
      configEntries.put(key, value);
      return this;
    }

    /** The config. */
    public SessionConfig build() {
      return new SessionConfig(
          executionProviders,
          intraOpThreads,
          reproducible,
          interOpThreads,
          spinning,
          memoryArena,
          prepacking,
          optimizationLevel,
          optimizedModelCache,
          cpuFallback,
          deviceTensors,
          graphSeed,
          symbols,
          configEntries);
    }
  }
}
