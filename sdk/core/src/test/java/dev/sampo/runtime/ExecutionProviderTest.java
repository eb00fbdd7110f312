package dev.sampo.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.error.RequestException;
import dev.sampo.runtime.ExecutionProvider.Cuda;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ExecutionProviderTest {
  private static String failure(ExecutionProvider provider) {
    ExecutionProviderException e =
        assertThrows(
            ExecutionProviderException.class,
            () ->
                Graph.load(
                    Graphs.path("add.onnx"),
                    SessionConfig.builder().executionProvider(provider).build()));
    assertEquals(provider, e.provider());
    return e.getMessage();
  }

  @Test
  void load_whenProviderIsNotBuiltIn_saysWhatIsMissingAndHowToMendIt() {
    for (ExecutionProvider provider :
        Arrays.asList(
            ExecutionProvider.cuda(),
            ExecutionProvider.tensorRt(0),
            ExecutionProvider.nnapi(),
            ExecutionProvider.xnnpack(2),
            ExecutionProvider.coreMl(),
            ExecutionProvider.raw("QNNExecutionProvider", Collections.emptyMap()))) {
      if (OnnxRuntime.availableProviders().contains(provider.ortName())) {
        continue;
      }
      String message = failure(provider);
      assertTrue(
          message.startsWith(provider.ortName() + " cannot start: the native library"), message);
      assertTrue(message.contains("CPUExecutionProvider"), message);
      assertTrue(message.contains("ask for cpu"), message);
    }
  }

  @Test
  void load_whenRawNameUnknown_listsTheKnown() {
    String message =
        failure(ExecutionProvider.raw("MagicExecutionProvider", Collections.emptyMap()));
    assertTrue(message.contains("knows no execution provider 'MagicExecutionProvider'"), message);
    assertTrue(message.contains("CUDAExecutionProvider"), message);
  }

  @Test
  void cuda_whenBuilt_hasOnnxRuntimesSpelling() {
    Cuda cuda =
        ExecutionProvider.cudaBuilder()
            .deviceId(1)
            .gpuMemLimitBytes(1 << 30)
            .arenaExtendStrategy(Cuda.ArenaExtendStrategy.SAME_AS_REQUESTED)
            .cudnnConvAlgoSearch(Cuda.CudnnConvAlgoSearch.HEURISTIC)
            .enableCudaGraph(true)
            .useTf32(false)
            .option("tunable_op_enable", "1")
            .build();
    Map<String, String> wanted = new LinkedHashMap<>();
    wanted.put("device_id", "1");
    wanted.put("gpu_mem_limit", "1073741824");
    wanted.put("arena_extend_strategy", "kSameAsRequested");
    wanted.put("cudnn_conv_algo_search", "HEURISTIC");
    wanted.put("enable_cuda_graph", "1");
    wanted.put("use_tf32", "0");
    wanted.put("tunable_op_enable", "1");
    assertEquals(wanted, cuda.options());
  }

  @Test
  void options_whenWrong_areRefused() {
    assertThrows(RequestException.class, () -> ExecutionProvider.cuda(-1));
    assertThrows(
        RequestException.class,
        () -> ExecutionProvider.cudaBuilder().option("device_id", "3").build().options());
    assertThrows(
        RequestException.class, () -> ExecutionProvider.cudaBuilder().gpuMemLimitBytes(0).build());
    assertThrows(
        RequestException.class, () -> new ExecutionProvider.Nnapi(false, false, true, true));
    assertThrows(RequestException.class, () -> ExecutionProvider.xnnpack(-1));
  }

  @Test
  void parse_whenDeviceName_givesTheProvider() {
    assertEquals(ExecutionProvider.cpu(), ExecutionProvider.parse("cpu"));
    assertEquals(ExecutionProvider.cuda(1), ExecutionProvider.parse("cuda:1"));
    assertEquals(ExecutionProvider.cuda(), ExecutionProvider.parse("CUDA"));
    assertEquals(
        "Unknown device 'tpu'. Known: cpu, cuda[:N], tensorrt[:N], coreml, nnapi, xnnpack",
        assertThrows(RequestException.class, () -> ExecutionProvider.parse("tpu")).getMessage());
    assertThrows(RequestException.class, () -> ExecutionProvider.parse("cuda:x"));
  }

  @Test
  void config_whenSettingsAreUsed_stillRuns() {
    SessionConfig config =
        SessionConfig.builder()
            .intraOpThreads(2)
            .interOpThreads(2)
            .spinning(false)
            .memoryArena(false)
            .prepacking(false)
            .cpuFallback(false)
            .symbol("rows", 1)
            .configEntry("session.set_denormal_as_zero", "1")
            .optimizationLevel(SessionConfig.OptimizationLevel.BASIC)
            .build();
    try (Graph graph = Graph.load(Graphs.path("product.onnx"), config);
        Tensor x = Tensor.allocate(ElementType.FLOAT32, Shape.of(1, 64));
        Outputs outputs = graph.run(Map.of("x", x))) {
      assertEquals(Shape.of(1, 64), graph.inputs().get("x").shape());
      assertEquals(0, outputs.get("y").toFloats()[5]);
    }
    assertEquals(config, config.toBuilder().build());
    assertThrows(RequestException.class, () -> config.toBuilder().intraOpThreads(-1).build());
  }
}
