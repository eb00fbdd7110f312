package dev.sampo.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.error.RequestException;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.samplers.text.processor.LogitsProcessor;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** What callers and files do wrong does no harm: an error that says what, or nothing held. */
class HarmTest {
  private static TextGenerator open(String name) {
    try {
      Path folder = Path.of(HarmTest.class.getResource("/golden/text/" + name).toURI());
      return TextGenerator.open(folder, SessionConfig.builder().intraOpThreads(1).build());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private static GenerationConfig.Builder config(int tokens) {
    return GenerationConfig.builder().maxNewTokens(tokens).eosTokenId(100_000);
  }

  private static GenerationRequest.Builder request(GenerationConfig.Builder config) {
    return GenerationRequest.builder().promptIds(5, 6, 7).config(config.build());
  }

  @TestFactory
  List<DynamicTest> generate_whenProcessorGivesNaN_thenErrorInEveryStrategy() {
    Map<String, GenerationConfig.Builder> strategies = new LinkedHashMap<>();
    strategies.put("greedy", config(4));
    strategies.put("sample", config(4).doSample(true));
    strategies.put("beam", config(4).numBeams(3));
    strategies.put("groups", config(4).numBeams(4).numBeamGroups(2).diversityPenalty(0.5));
    strategies.put("lookup", config(4).promptLookupNumTokens(2));
    strategies.put("contrastive", config(4).penaltyAlpha(0.5).topK(3));
    LogitsProcessor broken = (ids, scores, offset, length) -> scores[offset + 3] = Float.NaN;
    List<DynamicTest> tests = new ArrayList<>();
    strategies.forEach(
        (name, config) ->
            tests.add(
                DynamicTest.dynamicTest(
                    name,
                    () -> {
                      try (TextGenerator generator = open("generation/llama")) {
                        GenerationRequest request = request(config).processor(broken).build();
                        RequestException e =
                            assertThrows(RequestException.class, () -> generator.generate(request));
                        assertTrue(e.getMessage().contains("NaN"), e.getMessage());
                      }
                    })));
    return tests;
  }

  @Test
  void generate_whenPrefixFunctionNamesNoId_thenErrorNamesTheOption() {
    try (TextGenerator generator = open("generation/gpt2")) {
      GenerationRequest request =
          request(config(4)).prefixAllowedTokens((batch, ids) -> new int[] {-7}).build();
      RequestException e = assertThrows(RequestException.class, () -> generator.generate(request));
      assertEquals("prefixAllowedTokens", e.option());
      assertTrue(e.getMessage().contains("-7"), e.getMessage());
    }
  }

  @Test
  void save_whenGenerationUsesTheCache_thenErrorAndTheGenerationGoesOn(@TempDir Path folder)
      throws Exception {
    try (TextGenerator generator = open("generation/gpt2");
        PromptCache cache = generator.newPromptCache()) {
      CountDownLatch reached = new CountDownLatch(1);
      CountDownLatch saved = new CountDownLatch(1);
      int[] plain = generator.generate(request(config(6)).build()).sequence().ids();
      GenerationRequest request =
          request(config(6))
              .promptCache(cache)
              .progress(
                  step -> {
                    reached.countDown();
                    try {
                      saved.await();
                    } catch (InterruptedException e) {
                      throw new IllegalStateException(e);
                    }
                  })
              .build();
      var future = generator.generateAsync(request, task -> new Thread(task).start());
      reached.await();
      assertThrows(RequestException.class, () -> cache.save(folder.resolve("cache")));
      assertFalse(Files.exists(folder.resolve("cache")));
      saved.countDown();
      assertArrayEquals(plain, future.get().sequence().ids());
      cache.save(folder.resolve("cache"));
    }
  }

  @Test
  void load_whenCacheIsOfAnotherModelOrDamaged_thenErrorAndTheCacheIsAsBefore(@TempDir Path folder)
      throws IOException {
    Path copy = copyWithAnotherWeight(folder);
    Path file = folder.resolve("cache");
    try (TextGenerator generator = open("generation/gpt2");
        TextGenerator other = TextGenerator.open(copy);
        PromptCache cache = generator.newPromptCache();
        PromptCache foreign = other.newPromptCache()) {
      generator.generate(request(config(6)).promptCache(cache).build());
      cache.save(file);
      IOException e = assertThrows(IOException.class, () -> foreign.load(file));
      assertTrue(e.getMessage().contains("another model"), e.getMessage());
      byte[] bytes = Files.readAllBytes(file);
      int[] before = cache.ids();
      for (int cut : new int[] {2, 12, 80, 100, bytes.length - 1}) {
        Files.write(file, java.util.Arrays.copyOf(bytes, cut));
        assertThrows(IOException.class, () -> cache.load(file));
      }
      byte[] huge = bytes.clone();
      huge[70] = 0x7f; // the number of ids
      Files.write(file, huge);
      assertThrows(IOException.class, () -> cache.load(file));
      assertArrayEquals(before, cache.ids());
      int[] plain = generator.generate(request(config(6)).build()).sequence().ids();
      assertArrayEquals(
          plain,
          generator.generate(request(config(6)).promptCache(cache).build()).sequence().ids());
    }
  }

  private static Path copyWithAnotherWeight(Path folder) throws IOException {
    Path copy = Files.createDirectory(folder.resolve("copy"));
    try {
      Path from = Path.of(HarmTest.class.getResource("/golden/text/generation/gpt2").toURI());
      Files.copy(from.resolve("config.json"), copy.resolve("config.json"));
      byte[] model = Files.readAllBytes(from.resolve("model.onnx"));
      model[model.length / 2] ^= 1; // a bit of some weight
      Files.write(copy.resolve("model.onnx"), model);
      return copy;
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void close_whenStreamsWereAbandoned_thenTheirThreadsEnd() throws InterruptedException {
    TextGenerator generator = open("rnn/char_lstm");
    List<TextStream> abandoned = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      TextStream stream =
          generator.stream(
              GenerationRequest.builder().prompt("a").config(config(100_000).build()).build());
      assertTrue(stream.hasNext());
      abandoned.add(stream);
    }
    assertEquals(20, streams());
    generator.close();
    long end = System.nanoTime() + 20_000_000_000L;
    while (streams() > 0 && System.nanoTime() < end) {
      Thread.onSpinWait();
    }
    assertEquals(0, streams());
    assertEquals(20, abandoned.size());
  }

  @Test
  void stream_whenNobodyCanReadItAnyMore_thenItsThreadEnds() {
    try (TextGenerator generator = open("rnn/char_lstm")) {
      generator.stream(
              GenerationRequest.builder().prompt("a").config(config(100_000).build()).build())
          .hasNext();
      long end = System.nanoTime() + 20_000_000_000L;
      while (streams() > 0 && System.nanoTime() < end) {
        System.gc();
      }
      assertEquals(0, streams());
    }
  }

  private static long streams() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals("sampo-text-stream"))
        .count();
  }
}
