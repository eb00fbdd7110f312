package dev.sampo.text;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.runtime.SessionConfig;
import dev.sampo.samplers.text.GenerationConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Native memory after 2,000 tokens of every strategy against that after 100. */
class NativeBytesTest {
  private static final int EARLY = 100;
  private static final int LATE = 2_000;

  private record Strategy(String folder, GenerationConfig.Builder config, boolean assisted) {
    Strategy(String folder, GenerationConfig.Builder config) {
      this(folder, config, false);
    }
  }

  private static GenerationConfig.Builder config() {
    return GenerationConfig.builder().maxNewTokens(LATE).eosTokenId(100_000);
  }

  @TestFactory
  List<DynamicTest> generate_whenLong_thenNativeBytesStay() {
    String llama = "golden/text/generation/llama";
    Map<String, Strategy> strategies = new LinkedHashMap<>();
    strategies.put("greedy", new Strategy(llama, config()));
    strategies.put("sample", new Strategy(llama, config().doSample(true)));
    strategies.put("beam", new Strategy(llama, config().numBeams(3)));
    strategies.put("contrastive", new Strategy(llama, config().penaltyAlpha(0.6).topK(4)));
    strategies.put("assisted", new Strategy(llama, config(), true));
    strategies.put("recurrent", new Strategy("golden/text/rnn/char_lstm", config()));
    List<DynamicTest> tests = new ArrayList<>();
    strategies.forEach(
        (name, strategy) -> tests.add(DynamicTest.dynamicTest(name, () -> check(strategy))));
    return tests;
  }

  private static void check(Strategy strategy) {
    SessionConfig session = SessionConfig.builder().intraOpThreads(1).build();
    try (TextGenerator generator = TextGenerator.open(path(strategy.folder()), session);
        TextGenerator draft =
            strategy.assisted() ? TextGenerator.open(path(strategy.folder()), session) : null) {
      long[] bytes = new long[2];
      GenerationRequest.Builder request =
          GenerationRequest.builder()
              .promptIds(5, 6, 5, 7)
              .seed(3)
              .config(strategy.config().build())
              .assistant(draft);
      // Once before: what the JIT, the arenas and the allocator take for themselves, they keep.
      GenerationConfig shorter = strategy.config().build().toBuilder().maxNewTokens(400).build();
      generator.generate(request.config(shorter).build());
      request
          .config(strategy.config().build())
          .progress(
              step -> {
                if (step.done() == EARLY || step.done() == LATE) {
                  bytes[step.done() == EARLY ? 0 : 1] = nativeBytes();
                }
              });
      generator.generate(request.build());
      double ratio = (double) bytes[1] / bytes[0];
      assertTrue(ratio < 1.05, () -> bytes[0] + " bytes became " + bytes[1]);
    }
  }

  private static Path path(String name) {
    try {
      return Path.of(NativeBytesTest.class.getResource("/" + name).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Resident memory that is no heap, with the direct buffers that are still reachable. */
  private static long nativeBytes() {
    for (int i = 0; i < 3; i++) {
      System.gc(); // lets go of direct buffers whose tensors were closed
    }
    long resident = resident();
    long heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getCommitted();
    long direct = 0;
    for (BufferPoolMXBean pool : ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class)) {
      direct += pool.getName().equals("direct") ? pool.getMemoryUsed() : 0;
    }
    return Math.max(resident - heap, direct);
  }

  private static long resident() {
    try {
      for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
        if (line.startsWith("VmRSS:")) {
          return 1024 * Long.parseLong(line.replaceAll("[^0-9]", ""));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    throw new IllegalStateException("No VmRSS");
  }
}
