package dev.sampo.text.batch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.runtime.OpenNatives;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.samplers.text.constraint.Grammar;
import dev.sampo.text.Cases;
import dev.sampo.text.GeneratedSequence;
import dev.sampo.text.GenerationRequest;
import dev.sampo.text.GenerationResult;
import dev.sampo.text.Golden;
import dev.sampo.text.TextGenerator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Requests of all kinds, unequal and of unequal ages, get from shared steps what they get alone: ids, reasons, log-probabilities. */
class SharedStepsGoldenTest {
  private static final int REQUESTS = 24;

  private static List<Path> models() throws IOException {
    List<Path> models = new ArrayList<>(Cases.folders("gqa"));
    try (Stream<Path> folders = Files.list(Golden.folder("text/generation"))) {
      folders.filter(f -> Files.exists(f.resolve("config.json"))).sorted().forEach(models::add);
    }
    models.add(Cases.root("layers").resolve("gap"));
    for (String recurrent : List.of("char_lstm", "char_lstm_last")) {
      models.add(Golden.ownFolder("text/rnn").resolve(recurrent));
    }
    return models;
  }

  private static TextGenerator open(Path folder) {
    return TextGenerator.open(folder, SessionConfig.builder().intraOpThreads(1).build());
  }

  private static Path shipped(String name) {
    String home = System.getProperty("sampo.home", "../..");
    return Path.of(home).resolve("exporter-specs/models").resolve(name);
  }

  @TestFactory
  List<DynamicTest> submit_whenRequestsShareSteps_thenEachAsAlone() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (Path folder : models()) {
      tests.add(
          DynamicTest.dynamicTest(
              folder.getFileName().toString(),
              () -> {
                try (TextGenerator generator = open(folder)) {
                  if (!generator.isEncoderDecoder()) {
                    check(generator, 1, false);
                  }
                }
              }));
    }
    return tests;
  }

  @Test
  void submit_whenScriptureGpt_thenEachAsAlone() throws InterruptedException {
    try (TextGenerator generator = open(shipped("scripture-gpt"))) {
      assertTrue(check(generator, 2, true));
      assertTrue(check(generator, 3, true));
    }
  }

  /** Whether steps were shared. */
  private static boolean check(TextGenerator generator, long seed, boolean texts)
      throws InterruptedException {
    Random random = new Random(seed);
    List<GenerationRequest> requests = new ArrayList<>();
    List<GenerationResult> alone = new ArrayList<>();
    Grammar grammar = Grammar.regex("[a-z ]{3,12}");
    for (int i = 0; i < REQUESTS; i++) {
      GenerationRequest request =
          random(random, generator.vocabularySize(), i, texts ? grammar : null);
      requests.add(request);
      alone.add(generator.generate(request));
    }
    SchedulerConfig config =
        SchedulerConfig.builder().maxRows(6).prefillTokens(5 + random.nextInt(20)).build();
    generator.generate(requests.get(0));
    boolean shared;
    try (GenerationScheduler scheduler = GenerationScheduler.of(generator, config)) {
      List<GenerationHandle> handles = new ArrayList<>();
      for (GenerationRequest request : requests) {
        handles.add(scheduler.submit(request));
        if (random.nextInt(3) == 0) {
          handles.get(random.nextInt(handles.size())).poll(20); // so that ages differ
        }
      }
      shared = scheduler.sharing().together();
      boolean has = List.of("gpt2", "llama", "f32", "char_lstm").contains(generator.name());
      assertTrue(shared || !has, scheduler.sharing().reason());
      for (int i = 0; i < requests.size(); i++) {
        GenerationResult result = handles.get(i).join();
        if (scheduler.sharing().exact()) {
          assertSame(alone.get(i), result, "request " + i + ": " + requests.get(i).config());
        }
      }
      assertEquals(REQUESTS, scheduler.gauges().completed());
      assertEquals(shared, scheduler.gauges().steps() > 0, scheduler.sharing().reason());
    }
    return shared;
  }

  private static void assertSame(GenerationResult wanted, GenerationResult got, String what) {
    assertEquals(wanted.prompts().size(), got.prompts().size());
    for (int p = 0; p < wanted.prompts().size(); p++) {
      for (int s = 0; s < wanted.prompts().get(p).sequences().size(); s++) {
        GeneratedSequence a = wanted.prompts().get(p).sequences().get(s);
        GeneratedSequence b = got.prompts().get(p).sequences().get(s);
        assertArrayEquals(a.ids(), b.ids(), what);
        assertEquals(a.finishReason(), b.finishReason(), what);
        assertEquals(a.text(), b.text(), what);
        float[] probs = a.tokenLogProbs();
        if (probs != null) {
          assertArrayEquals(probs, b.tokenLogProbs(), 1e-3f, what);
        }
      }
    }
    assertArrayEquals(wanted.sequences(), got.sequences(), what);
  }

  private static GenerationRequest random(Random random, int vocabulary, int i, Grammar grammar) {
    GenerationRequest.Builder request = GenerationRequest.builder();
    int prompts = random.nextInt(6) == 0 ? 2 : 1;
    for (int p = 0; p < prompts; p++) {
      int[] ids = new int[1 + random.nextInt(i % 4 == 0 ? 40 : 9)];
      for (int k = 0; k < ids.length; k++) {
        // A beginning that many have in common.
        ids[k] = i % 3 == 0 && k < 20 ? (k * 7 + 5) % vocabulary : random.nextInt(vocabulary);
      }
      request.promptIds(ids);
    }
    GenerationConfig.Builder config =
        GenerationConfig.builder().maxNewTokens(1 + random.nextInt(20));
    request.seed(random.nextInt(1000));
    if (random.nextBoolean()) {
      config.doSample(true).temperature(0.5 + random.nextDouble());
      switch (random.nextInt(4)) {
        case 0 -> config.topK(1 + random.nextInt(20));
        case 1 -> config.topP(0.5 + random.nextDouble() / 2);
        case 2 -> config.numReturnSequences(2 + random.nextInt(2));
        default -> config.minP(0.02);
      }
    }
    if (random.nextInt(4) == 0) {
      config.repetitionPenalty(1.3);
    }
    if (random.nextInt(5) == 0) {
      config.noRepeatNgramSize(2);
    }
    if (random.nextInt(6) == 0 && prompts == 1) {
      config.doSample(false).numReturnSequences(1).numBeams(2);
    }
    if (grammar != null && random.nextInt(5) == 0) {
      request.grammar(grammar);
    }
    return request.config(config.build()).tokenLogProbs(random.nextBoolean()).build();
  }

  @Test
  void submit_whenPromptsBeginAlike_thenTheBeginningIsReadOnce() {
    int[] system = new int[40];
    for (int i = 0; i < system.length; i++) {
      system[i] = 100 + 3 * i;
    }
    try (TextGenerator generator = open(shipped("scripture-gpt"));
        GenerationScheduler scheduler = GenerationScheduler.of(generator)) {
      for (int i = 0; i < 6; i++) {
        int[] prompt = java.util.Arrays.copyOf(system, 45);
        java.util.Arrays.fill(prompt, 40, 45, 200 + i);
        GenerationRequest request = GenerationRequest.builder().promptIds(prompt).seed(i).build();
        GenerationResult alone = generator.generate(request);
        assertSame(alone, scheduler.generate(request), "request " + i);
      }
      assertEquals(5 * 40, scheduler.gauges().prefixTokens());
      assertEquals(6 * 45 - 5 * 40, scheduler.gauges().promptTokens());
      assertTrue(scheduler.gauges().cacheBytes() > 0);
    }
  }

  @TestFactory
  List<DynamicTest> submit_whenAPromptGoesOnFromAnAnswer_thenOnlyWhatIsNewIsRead() {
    List<DynamicTest> tests = new ArrayList<>();
    Path[] folders = {
      Golden.ownFolder("text/generation/gpt2"),
      Cases.root("gqa").resolve("f32"),
      Golden.ownFolder("text/rnn").resolve("char_lstm")
    };
    for (Path folder : folders) {
      tests.add(DynamicTest.dynamicTest(folder.getFileName().toString(), () -> turns(folder)));
    }
    return tests;
  }

  private static void turns(Path folder) {
    try (TextGenerator generator = open(folder);
        GenerationScheduler scheduler = GenerationScheduler.of(generator)) {
      GenerationHandle other =
          scheduler.submit(turn(new int[] {5, 6, 7}, 45)); // shorter beside it, longer afterwards
      int[] prompt = new int[20];
      for (int i = 0; i < prompt.length; i++) {
        prompt[i] = 5 + i;
      }
      long read = 0;
      for (int t = 0; t < 3; t++) {
        int[] alone = generator.generate(turn(prompt, 4)).sequence().ids();
        assertArrayEquals(alone, scheduler.generate(turn(prompt, 4)).sequence().ids());
        read += t == 0 ? prompt.length : 3; // the last of the answer was not fed
        int[] next = java.util.Arrays.copyOf(prompt, prompt.length + 6);
        System.arraycopy(alone, 0, next, prompt.length, 4);
        next[prompt.length + 4] = 8;
        next[prompt.length + 5] = 9;
        prompt = next;
      }
      other.join();
      assertEquals(read + 3, scheduler.gauges().promptTokens());
    }
  }

  private static GenerationRequest turn(int[] prompt, int tokens) {
    return GenerationRequest.builder()
        .promptIds(prompt)
        .config(
            GenerationConfig.builder()
                .doSample(false)
                .maxNewTokens(tokens)
                .minNewTokens(tokens)
                .build())
        .build();
  }

  @Test
  void close_whenRequestsWereAbandoned_thenNothingStays() throws InterruptedException {
    // Counted around the model: small graphs that cut and join caches stay with it, and when the
    // first of a kind comes is a matter of time.
    int before = OpenNatives.count();
    try (TextGenerator generator = open(shipped("scripture-gpt"))) {
      try (GenerationScheduler warm = GenerationScheduler.of(generator)) {
        warm.generate(GenerationRequest.of("In the"));
      }
      SchedulerConfig config = SchedulerConfig.builder().prefixCacheBytes(0).build();
      try (GenerationScheduler scheduler = GenerationScheduler.of(generator, config)) {
        Random random = new Random(5);
        List<GenerationHandle> handles = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
          GenerationHandle handle =
              scheduler.submit(
                  GenerationRequest.builder()
                      .prompt("And it came to pass in the days of " + i)
                      .config(
                          GenerationConfig.builder().maxNewTokens(150).minNewTokens(150).build())
                      .build());
          handles.add(handle);
          if (i % 8 == 7) {
            handles.get(random.nextInt(handles.size())).poll(5);
            handles.forEach(GenerationHandle::cancel);
            handles.clear();
          }
        }
        handles.forEach(GenerationHandle::cancel);
        GenerationRequest last =
            GenerationRequest.builder().prompt("In the beginning").seed(1).build();
        assertEquals(generator.generate(last).text(), scheduler.generate(last).text());
        SchedulerGauges gauges = scheduler.gauges();
        assertEquals(100, gauges.cancelled());
        assertEquals(0, gauges.queued());
        assertEquals(0, gauges.running());
      }
    }
    assertEquals(before, OpenNatives.count());
  }
}
