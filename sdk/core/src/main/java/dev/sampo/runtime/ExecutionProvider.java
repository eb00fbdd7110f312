package dev.sampo.runtime;

import dev.sampo.error.RequestException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Where the nodes of a graph run. {@link #cpu()} is always there; any other must be in the native library and able to start, or loading a
 * graph throws {@link ExecutionProviderException}. A provider may leave single nodes that it does not know to the next in the list and
 * finally to the CPU; {@link SessionConfig#cpuFallback()} false makes that an error too.
 *
 * <p>A long file because every provider has a record and a builder of its own in it: a sealed type is read as a whole.
 */
public sealed interface ExecutionProvider {
  /** The name that ONNX Runtime gives it, such as {@code CUDAExecutionProvider}. */
  String ortName();

  /** The options as ONNX Runtime spells them. */
  Map<String, String> options();

  /** The CPU. */
  static Cpu cpu() {
    return new Cpu();
  }

  /** CUDA on device 0 with ONNX Runtime's defaults. */
  static Cuda cuda() {
    return cudaBuilder().build();
  }

  /** CUDA on the given device with ONNX Runtime's defaults. */
  static Cuda cuda(int deviceId) {
    return cudaBuilder().deviceId(deviceId).build();
  }

  /** CUDA with options. */
  static CudaBuilder cudaBuilder() {
    return new CudaBuilder();
  }

  /** TensorRT on the given device. */
  static TensorRt tensorRt(int deviceId) {
    return new TensorRt(deviceId, false, false, null, null, null);
  }

  /** Core ML with the ML Program format on every unit. */
  static CoreMl coreMl() {
    return new CoreMl(CoreMl.Units.ALL, true, false, false);
  }

  /** NNAPI of Android with its defaults. */
  static Nnapi nnapi() {
    return new Nnapi(false, false, false, false);
  }

  /** XNNPACK with the given number of threads; 0 leaves it to ONNX Runtime. */
  static Xnnpack xnnpack(int threads) {
    return new Xnnpack(threads);
  }

  /** Any other provider of the native library, or one of the above with options that have no field here. */
  static Raw raw(String ortName, Map<String, String> options) {
    return new Raw(ortName, options);
  }

  /**
   * Reads {@code cpu}, {@code cuda}, {@code cuda:1}, {@code tensorrt:0}, {@code coreml}, {@code nnapi} or {@code xnnpack}, as the command
   * line's {@code --device} takes them.
   *
   * @throws RequestException on anything else; the message lists what there is
   */
  static ExecutionProvider parse(String device) {
    String[] parts = device.toLowerCase(Locale.ROOT).split(":", 2);
    int number = 0;
    if (parts.length == 2) {
      try {
        number = Integer.parseInt(parts[1]);
      } catch (NumberFormatException e) {
        throw new RequestException(
            "device", "Device '" + device + "' has no number after the colon, as in cuda:0", e);
      }
    }
    switch (parts[0]) {
      case "cpu":
        return cpu();
      case "cuda":
        return cuda(number);
      case "tensorrt":
        return tensorRt(number);
      case "coreml":
        return coreMl();
      case "nnapi":
        return nnapi();
      case "xnnpack":
        return xnnpack(0);
      default:
        throw new RequestException(
            "device",
            "Unknown device '"
                + device
                + "'. Known: cpu, cuda[:N], tensorrt[:N], coreml, nnapi, xnnpack");
    }
  }

  /** The CPU, the last resort of every list. */
  record Cpu() implements ExecutionProvider {
    @Override
    public String ortName() {
      return "CPUExecutionProvider";
    }

    @Override
    public Map<String, String> options() {
      return Collections.emptyMap();
    }
  }

  /**
   * NVIDIA CUDA. A null leaves an option to ONNX Runtime.
   *
   * @param deviceId number of the GPU
   * @param gpuMemLimitBytes most that the arena takes; weights and workspace included
   * @param arenaExtendStrategy how the arena grows
   * @param cudnnConvAlgoSearch how cuDNN picks its convolutions; {@code EXHAUSTIVE} (ONNX Runtime's default) makes first runs slow
   * @param doCopyInDefaultStream whether copies share the stream of the kernels
   * @param enableCudaGraph capture and replay; the shapes must never change
   * @param useTf32 whether float32 products may use TF32; false for numbers closer to the CPU's
   * @param preferNhwc whether convolutions run in channels-last layout
   * @param cudnnConvUseMaxWorkspace whether convolutions may take all the workspace they like
   * @param more options that have no field here
   */
  record Cuda(
      int deviceId,
      @Nullable Long gpuMemLimitBytes,
      @Nullable ArenaExtendStrategy arenaExtendStrategy,
      @Nullable CudnnConvAlgoSearch cudnnConvAlgoSearch,
      @Nullable Boolean doCopyInDefaultStream,
      @Nullable Boolean enableCudaGraph,
      @Nullable Boolean useTf32,
      @Nullable Boolean preferNhwc,
      @Nullable Boolean cudnnConvUseMaxWorkspace,
      Map<String, String> more)
      implements ExecutionProvider {
    /** How a device arena grows. */
    public enum ArenaExtendStrategy {
      NEXT_POWER_OF_TWO("kNextPowerOfTwo"),
      SAME_AS_REQUESTED("kSameAsRequested");

      private final String ortValue;

      ArenaExtendStrategy(String ortValue) {
        this.ortValue = ortValue;
      }
    }

    /** How cuDNN picks a convolution algorithm. */
    public enum CudnnConvAlgoSearch {
      EXHAUSTIVE,
      HEURISTIC,
      DEFAULT
    }

    /** Checks the numbers. */
    public Cuda {
      requireDevice(deviceId);
      if (gpuMemLimitBytes != null && gpuMemLimitBytes <= 0) {
        throw new RequestException(
            "gpuMemLimitBytes",
            "gpuMemLimitBytes is " + gpuMemLimitBytes + ", wanted a positive number or null");
      }
      more = copy(more);
    }

    @Override
    public String ortName() {
      return "CUDAExecutionProvider";
    }

    @Override
    public Map<String, String> options() {
      ProviderOptions o = new ProviderOptions();
      o.put("device_id", deviceId);
      o.put("gpu_mem_limit", gpuMemLimitBytes);
      o.put(
          "arena_extend_strategy",
          arenaExtendStrategy == null ? null : arenaExtendStrategy.ortValue);
      o.put("cudnn_conv_algo_search", cudnnConvAlgoSearch);
      o.put("do_copy_in_default_stream", doCopyInDefaultStream);
      o.put("enable_cuda_graph", enableCudaGraph);
      o.put("use_tf32", useTf32);
      o.put("prefer_nhwc", preferNhwc);
      o.put("cudnn_conv_use_max_workspace", cudnnConvUseMaxWorkspace);
      return o.with(more);
    }
  }

  /** Builds {@link Cuda}; what is not set is ONNX Runtime's default. */
  final class CudaBuilder {
    private int deviceId;
    private @Nullable Long gpuMemLimitBytes;
    private Cuda.@Nullable ArenaExtendStrategy arenaExtendStrategy;
    private Cuda.@Nullable CudnnConvAlgoSearch cudnnConvAlgoSearch;
    private @Nullable Boolean doCopyInDefaultStream;
    private @Nullable Boolean enableCudaGraph;
    private @Nullable Boolean useTf32;
    private @Nullable Boolean preferNhwc;
    private @Nullable Boolean cudnnConvUseMaxWorkspace;
    private final Map<String, String> more = new LinkedHashMap<>();

    private CudaBuilder() {}

    /** Number of the GPU; 0 if not set. */
    public CudaBuilder deviceId(int value) {
      deviceId = value;
      return this;
    }

    /** Most that the arena takes. */
    public CudaBuilder gpuMemLimitBytes(long value) {
      gpuMemLimitBytes = value;
      return this;
    }

    /** How the arena grows. */
    public CudaBuilder arenaExtendStrategy(Cuda.ArenaExtendStrategy value) {
      arenaExtendStrategy = value;
      return this;
    }

    /** How cuDNN picks its convolutions. */
    public CudaBuilder cudnnConvAlgoSearch(Cuda.CudnnConvAlgoSearch value) {
      cudnnConvAlgoSearch = value;
      return this;
    }

    /** Whether copies share the stream of the kernels. */
    public CudaBuilder doCopyInDefaultStream(boolean value) {
      doCopyInDefaultStream = value;
      return this;
    }

    /** Whether to capture and replay; the shapes must never change. */
    public CudaBuilder enableCudaGraph(boolean value) {
      enableCudaGraph = value;
      return this;
    }

    /** Whether float32 products may use TF32. */
    public CudaBuilder useTf32(boolean value) {
      useTf32 = value;
      return this;
    }

    /** Whether convolutions run in channels-last layout. */
    public CudaBuilder preferNhwc(boolean value) {
      preferNhwc = value;
      return this;
    }

    /** Whether convolutions may take all the workspace they like. */
    public CudaBuilder cudnnConvUseMaxWorkspace(boolean value) {
      cudnnConvUseMaxWorkspace = value;
      return this;
    }

    /** An option that has no method here, in ONNX Runtime's spelling; ONNX Runtime refuses one that it does not know. */
    public CudaBuilder option(String key, String value) {
      more.put(key, value);
      return this;
    }

    /** The provider. */
    public Cuda build() {
      return new Cuda(
          deviceId,
          gpuMemLimitBytes,
          arenaExtendStrategy,
          cudnnConvAlgoSearch,
          doCopyInDefaultStream,
          enableCudaGraph,
          useTf32,
          preferNhwc,
          cudnnConvUseMaxWorkspace,
          more);
    }
  }

  /**
   * NVIDIA TensorRT. A null leaves an option to ONNX Runtime.
   *
   * @param fp16 whether kernels may compute in float16
   * @param int8 whether kernels may compute in int8
   * @param maxWorkspaceSizeBytes most that a kernel may take
   * @param engineCachePath folder where built engines are kept; without it every start builds them anew, which takes minutes
   * @param timingCachePath folder for timings of kernels
   */
  record TensorRt(
      int deviceId,
      boolean fp16,
      boolean int8,
      @Nullable Long maxWorkspaceSizeBytes,
      @Nullable String engineCachePath,
      @Nullable String timingCachePath)
      implements ExecutionProvider {
    /** Checks the device number. */
    public TensorRt {
      requireDevice(deviceId);
    }

    @Override
    public String ortName() {
      return "TensorrtExecutionProvider";
    }

    @Override
    public Map<String, String> options() {
      ProviderOptions o = new ProviderOptions();
      o.put("device_id", deviceId);
      o.put("trt_fp16_enable", fp16);
      o.put("trt_int8_enable", int8);
      o.put("trt_max_workspace_size", maxWorkspaceSizeBytes);
      o.put("trt_engine_cache_enable", engineCachePath == null ? null : Boolean.TRUE);
      o.put("trt_engine_cache_path", engineCachePath);
      o.put("trt_timing_cache_enable", timingCachePath == null ? null : Boolean.TRUE);
      o.put("trt_timing_cache_path", timingCachePath);
      return o.with(Collections.emptyMap());
    }
  }

  /**
   * Apple Core ML.
   *
   * @param units which processors may be used
   * @param mlProgram the newer ML Program format (Core ML 5 and later) in place of NeuralNetwork
   * @param requireStaticInputShapes leave nodes with open shapes to the CPU
   * @param enableOnSubgraphs also inside the bodies of If, Loop and Scan
   */
  record CoreMl(
      Units units, boolean mlProgram, boolean requireStaticInputShapes, boolean enableOnSubgraphs)
      implements ExecutionProvider {
    /** Processors that Core ML may use. */
    public enum Units {
      ALL("ALL"),
      CPU_ONLY("CPUOnly"),
      CPU_AND_GPU("CPUAndGPU"),
      CPU_AND_NEURAL_ENGINE("CPUAndNeuralEngine");

      private final String ortValue;

      Units(String ortValue) {
        this.ortValue = ortValue;
      }
    }

    @Override
    public String ortName() {
      return "CoreMLExecutionProvider";
    }

    @Override
    public Map<String, String> options() {
      ProviderOptions o = new ProviderOptions();
      o.put("ModelFormat", mlProgram ? "MLProgram" : "NeuralNetwork");
      o.put("MLComputeUnits", units.ortValue);
      o.put("RequireStaticInputShapes", requireStaticInputShapes ? "1" : "0");
      o.put("EnableOnSubgraphs", enableOnSubgraphs ? "1" : "0");
      return o.with(Collections.emptyMap());
    }
  }

  /**
   * Neural networks API of Android.
   *
   * @param fp16 relax float32 to float16
   * @param nchw keep channels first; needs Android 10
   * @param cpuDisabled never let NNAPI use its own slow CPU implementation; needs Android 10
   * @param cpuOnly only that implementation, for debugging
   */
  record Nnapi(boolean fp16, boolean nchw, boolean cpuDisabled, boolean cpuOnly)
      implements ExecutionProvider {
    /** Refuses a contradiction. */
    public Nnapi {
      if (cpuDisabled && cpuOnly) {
        throw new RequestException("cpuOnly", "cpuDisabled and cpuOnly exclude each other");
      }
    }

    @Override
    public String ortName() {
      return "NnapiExecutionProvider";
    }

    @Override
    public Map<String, String> options() {
      ProviderOptions o = new ProviderOptions();
      o.put("USE_FP16", fp16);
      o.put("USE_NCHW", nchw);
      o.put("CPU_DISABLED", cpuDisabled);
      o.put("CPU_ONLY", cpuOnly);
      return o.with(Collections.emptyMap());
    }
  }

  /**
   * XNNPACK, fast float kernels for ARM and x86.
   *
   * @param threads its own thread pool; 0 leaves it to ONNX Runtime. Set {@link SessionConfig#intraOpThreads()} to 1 beside it
   */
  record Xnnpack(int threads) implements ExecutionProvider {
    /** Checks the number. */
    public Xnnpack {
      if (threads < 0) {
        throw new RequestException("threads", "threads is " + threads + ", wanted 0 or more");
      }
    }

    @Override
    public String ortName() {
      return "XnnpackExecutionProvider";
    }

    @Override
    public Map<String, String> options() {
      ProviderOptions o = new ProviderOptions();
      o.put("intra_op_num_threads", threads == 0 ? null : threads);
      return o.with(Collections.emptyMap());
    }
  }

  /**
   * The escape hatch: any provider by ONNX Runtime's name, with options that nobody here checks.
   *
   * @param ortName such as {@code QNNExecutionProvider}
   */
  record Raw(String ortName, Map<String, String> options) implements ExecutionProvider {
    /** Copies the options. */
    public Raw {
      Objects.requireNonNull(ortName, "ortName");
      options = copy(options);
    }
  }

  private static void requireDevice(int deviceId) {
    if (deviceId < 0) {
      throw new RequestException("deviceId", "deviceId is " + deviceId + ", wanted 0 or more");
    }
  }

  private static Map<String, String> copy(Map<String, String> map) {
    return Collections.unmodifiableMap(new LinkedHashMap<>(map));
  }
}
