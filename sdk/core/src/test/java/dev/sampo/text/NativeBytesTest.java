package dev.sampo.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.runtime.SessionConfig;
import dev.sampo.samplers.text.GenerationConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/**
 * Native memory after 2,000 tokens of every strategy against that after 100. Each strategy in a JVM of its own whose heap is all there from
 * the start and whose compiler needs little memory: what the process grows by is then native.
 */
@Tag("once") // what it measures is the same with other tensors and on shrunk classes
class NativeBytesTest {
  private static final int EARLY = 100;
  private static final int LATE = 2_000;
  private static final int HEAP_MB = 96;

  private record Strategy(String folder, GenerationConfig.Builder config, boolean assisted) {
    Strategy(String folder, GenerationConfig.Builder config) {
      this(folder, config, false);
    }
  }

  private static GenerationConfig.Builder config() {
    return GenerationConfig.builder().maxNewTokens(LATE).eosTokenId(100_000);
  }

  private static Map<String, Strategy> strategies() {
    String llama = "golden/text/generation/llama";
    Map<String, Strategy> strategies = new LinkedHashMap<>();
    strategies.put("greedy", new Strategy(llama, config()));
    strategies.put("sample", new Strategy(llama, config().doSample(true)));
    strategies.put("beam", new Strategy(llama, config().numBeams(3)));
    strategies.put("contrastive", new Strategy(llama, config().penaltyAlpha(0.6).topK(4)));
    strategies.put("assisted", new Strategy(llama, config(), true));
    strategies.put("recurrent", new Strategy("golden/text/rnn/char_lstm", config()));
    return strategies;
  }

  @TestFactory
  List<DynamicTest> generate_whenLong_thenNativeBytesStay() {
    List<DynamicTest> tests = new ArrayList<>();
    for (String name : strategies().keySet()) {
      tests.add(DynamicTest.dynamicTest(name, () -> check(name)));
    }
    return tests;
  }

  private static void check(String name) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xms" + HEAP_MB + "m",
                "-Xmx" + HEAP_MB + "m",
                "-XX:+AlwaysPreTouch",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                NativeBytesTest.class.getName(),
                name)
            .redirectErrorStream(true)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), said);
    Matcher bytes = Pattern.compile("early (\\d+) late (\\d+)").matcher(said);
    assertTrue(bytes.find(), said);
    double ratio = Double.parseDouble(bytes.group(2)) / Double.parseDouble(bytes.group(1));
    assertTrue(ratio < 1.05, said);
  }

  /** Generates by the strategy that the argument names and prints the native bytes early and late. */
  public static void main(String[] args) {
    Strategy strategy = strategies().get(args[0]);
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
      generator.generate(request.build());
      request.progress(
          step -> {
            if (step.done() == EARLY || step.done() == LATE) {
              bytes[step.done() == EARLY ? 0 : 1] = nativeBytes();
            }
          });
      generator.generate(request.build());
      System.out.println("early " + bytes[0] + " late " + bytes[1]);
    }
  }

  private static Path path(String name) {
    try {
      return Path.of(NativeBytesTest.class.getResource("/" + name).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Resident memory without the heap, all of which is resident. */
  private static long nativeBytes() {
    for (int i = 0; i < 3; i++) {
      System.gc(); // lets go of direct buffers whose tensors were closed
    }
    return resident() - ((long) HEAP_MB << 20);
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
