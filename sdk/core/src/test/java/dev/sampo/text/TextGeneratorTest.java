package dev.sampo.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.embedding.Vectors;
import dev.sampo.error.CancelledException;
import dev.sampo.error.ClosedException;
import dev.sampo.error.RequestException;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.samplers.text.constraint.Grammar;
import dev.sampo.samplers.text.draw.Rows;
import dev.sampo.samplers.text.stop.FinishReason;
import dev.sampo.samplers.text.stop.StoppingCriterion;
import dev.sampo.text.decoding.CausalModel;
import dev.sampo.text.decoding.CausalState;
import dev.sampo.text.decoding.DecodingState;
import dev.sampo.text.decoding.TextModel;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What goes beyond the goldens, on the tiny models of the goldens. */
class TextGeneratorTest {
  private static TextGenerator gpt2;
  private static TextGenerator t5;
  private static TextGenerator lstm;
  private static TextGenerator llama;

  @BeforeAll
  static void load() {
    gpt2 = load("generation/gpt2");
    t5 = load("generation/t5");
    lstm = load("rnn/char_lstm");
    llama = load("generation/llama");
  }

  private static TextGenerator load(String name) {
    try {
      Path folder =
          Path.of(TextGeneratorTest.class.getResource("/golden/text").toURI()).resolve(name);
      return TextGenerator.open(folder, SessionConfig.builder().intraOpThreads(1).build());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  @AfterAll
  static void close() {
    gpt2.close();
    t5.close();
    lstm.close();
    llama.close();
  }

  private static GenerationConfig.Builder config(int maxNewTokens) {
    return GenerationConfig.builder().maxNewTokens(maxNewTokens);
  }

  private static GenerationRequest.Builder ids(int... prompt) {
    return GenerationRequest.builder().promptIds(prompt);
  }

  // ---- assisted decoding

  @Test
  void generate_whenAssisted_thenSameIdsAsWithout() {
    for (TextGenerator generator : List.of(gpt2, t5)) {
      for (boolean sample : new boolean[] {false, true}) {
        GenerationConfig config = config(24).doSample(sample).temperature(0.7).build();
        GenerationRequest.Builder plain =
            ids(37, 41, 52, 60, 37, 41).config(config).seed(5).tokenLogProbs(true);
        GeneratedSequence expected = generator.generate(plain.build()).sequence();
        GeneratedSequence assisted =
            generator.generate(plain.assistant(generator).build()).sequence();
        assertArrayEquals(expected.ids(), assisted.ids());
        assertArrayEquals(expected.tokenLogProbs(), assisted.tokenLogProbs(), 1e-4f);
        GenerationConfig lookup = config.toBuilder().promptLookupNumTokens(4).build();
        GeneratedSequence found =
            generator
                .generate(ids(37, 41, 52, 60, 37, 41).config(lookup).seed(5).build())
                .sequence();
        assertArrayEquals(expected.ids(), found.ids());
      }
    }
  }

  @Test
  void generate_whenAssistantOfRecurrentModel_thenErrorSaysWhy() {
    RequestException e =
        assertThrows(
            RequestException.class,
            () ->
                lstm.generate(
                    ids(3, 4).config(config(4).promptLookupNumTokens(2).build()).build()));
    assertEquals(
        "This kind of model cannot take back tokens, so assisted decoding and a prompt cache do not"
            + " work with it.",
        e.getMessage());
  }

  // ---- prompt cache

  @Test
  void generate_whenConversationHasCache_thenSameAsWithout(@TempDir Path folder)
      throws IOException {
    int[] first = {378, 221, 283, 303, 221};
    try (PromptCache cache = gpt2.newPromptCache();
        PromptCache resumed = gpt2.newPromptCache()) {
      int[] answer =
          gpt2.generate(ids(first).config(config(9).build()).promptCache(cache).build())
              .sequence()
              .ids();
      assertArrayEquals(
          gpt2.generate(ids(first).config(config(9).build()).build()).sequence().ids(), answer);
      assertEquals(first.length + 8, cache.ids().length);
      cache.save(folder.resolve("conversation"));
      resumed.load(folder.resolve("conversation"));
      assertArrayEquals(cache.ids(), resumed.ids());

      int[] second = Arrays.copyOf(first, first.length + answer.length + 2);
      System.arraycopy(answer, 0, second, first.length, answer.length);
      second[second.length - 2] = 12;
      second[second.length - 1] = 99;
      int[] expected =
          gpt2.generate(ids(second).config(config(12).build()).build()).sequence().ids();
      for (PromptCache each : List.of(cache, resumed)) {
        assertArrayEquals(
            expected,
            gpt2.generate(ids(second).config(config(12).build()).promptCache(each).build())
                .sequence()
                .ids());
      }
      int[] other = {378, 221, 99, 7};
      assertArrayEquals(
          gpt2.generate(ids(other).config(config(6).build()).build()).sequence().ids(),
          gpt2.generate(ids(other).config(config(6).build()).promptCache(cache).build())
              .sequence()
              .ids());
    }
  }

  // ---- streaming, stopping, cancelling

  @Test
  void stream_whenRead_thenPiecesAreTheText() {
    GenerationRequest request =
        GenerationRequest.builder()
            .prompt("The river ")
            .seed(3)
            .config(config(60).doSample(true).build())
            .build();
    String expected = lstm.generate(request).text();
    StringBuilder pieces = new StringBuilder();
    try (TextStream stream = lstm.stream(request)) {
      stream.forEachRemaining(pieces::append);
      assertEquals(expected, stream.result().text());
    }
    assertEquals(expected, pieces.toString());
  }

  @Test
  void stream_whenClosedEarly_thenGenerationEnds() throws InterruptedException {
    CancellationToken token = new CancellationToken();
    CountDownLatch ended = new CountDownLatch(1);
    AtomicInteger tokens = new AtomicInteger();
    GenerationRequest request =
        GenerationRequest.builder()
            .prompt("a")
            .cancellation(token)
            .progress(
                event -> {
                  tokens.incrementAndGet();
                  if (token.isCancelled()) {
                    ended.countDown();
                  }
                })
            .config(config(1_000_000).build())
            .build();
    try (TextStream stream = lstm.stream(request)) {
      assertEquals(1, stream.next().length());
    }
    assertTrue(token.isCancelled());
    assertTrue(tokens.get() < 1_000_000);
  }

  @Test
  void generate_whenCancelled_thenThrowsWithWhatIsThere() {
    CancellationToken token = new CancellationToken();
    GenerationRequest request =
        ids(5, 6)
            .cancellation(token)
            .progress(
                event -> {
                  if (event.tokenId() >= 0 && token != CancellationToken.none()) {
                    token.cancel();
                  }
                })
            .config(config(50).build())
            .build();
    CancelledException e = assertThrows(CancelledException.class, () -> gpt2.generate(request));
    GenerationResult result = e.partial(GenerationResult.class);
    assertEquals(FinishReason.CANCELLED, result.sequence().finishReason());
    assertEquals(1, result.sequence().ids().length);
  }

  @Test
  void generate_whenPredicateOrTimeStops_thenReasonSaysSo() {
    GenerationResult stopped =
        gpt2.generate(
            ids(5, 6)
                .stopping(StoppingCriterion.when(row -> row.generatedLength() == 3))
                .config(config(50).build())
                .build());
    assertEquals(FinishReason.STOP, stopped.sequence().finishReason());
    assertEquals(3, stopped.sequence().ids().length);
    AtomicLong clock = new AtomicLong();
    GenerationResult timed =
        gpt2.generate(
            ids(5, 6)
                .nanoClock(() -> clock.addAndGet(100_000_000))
                .config(config(50).maxTime(1.0).build())
                .build());
    assertEquals(FinishReason.LENGTH, timed.sequence().finishReason());
    assertTrue(timed.sequence().ids().length < 12);
  }

  @Test
  void generate_whenClosedMeanwhile_thenClosedException() throws InterruptedException {
    TextGenerator own = load("rnn/char_lstm");
    CountDownLatch running = new CountDownLatch(1);
    ExecutorService executor = Executors.newSingleThreadExecutor();
    Future<GenerationResult> future =
        executor.submit(
            () ->
                own.generate(
                    GenerationRequest.builder()
                        .prompt("a")
                        .progress(event -> running.countDown())
                        .config(config(10_000_000).build())
                        .build()));
    running.await();
    own.close();
    ExecutionException e = assertThrows(ExecutionException.class, future::get);
    assertTrue(e.getCause() instanceof ClosedException, () -> String.valueOf(e.getCause()));
    executor.shutdown();
  }

  @Test
  void generate_whenManyThreads_thenSameAsOne() throws Exception {
    List<String> expected = new ArrayList<>();
    for (int seed = 0; seed < 24; seed++) {
      expected.add(generateWith(seed));
    }
    ExecutorService executor = Executors.newFixedThreadPool(8);
    List<Future<String>> futures = new ArrayList<>();
    for (int i = 0; i < 96; i++) {
      int seed = i % 24;
      futures.add(executor.submit(() -> generateWith(seed)));
    }
    for (int i = 0; i < futures.size(); i++) {
      assertEquals(expected.get(i % 24), futures.get(i).get());
    }
    executor.shutdown();
  }

  private static String generateWith(int seed) {
    GenerationConfig.Builder config = config(10);
    if (seed % 3 == 0) {
      config.numBeams(3);
    } else {
      config.doSample(true);
    }
    return Arrays.toString(
        gpt2.generate(ids(9 + seed, 40).seed(seed).config(config.build()).build())
            .sequence()
            .ids());
  }

  // ---- constraints

  @Test
  void generate_whenGrammar_thenTextMatches() {
    Grammar grammar = Grammar.regex("(yes|no), [a-z]{3,6}( and [a-z]{2,5})*[.!]");
    String pattern = "(yes|no), [a-z]{3,6}( and [a-z]{2,5})*[.!]";
    for (int seed = 0; seed < 8; seed++) {
      GenerationRequest request =
          GenerationRequest.builder()
              .prompt("Is it? ")
              .seed(seed)
              .grammar(grammar)
              .config(config(40).doSample(true).build())
              .build();
      GeneratedSequence sequence = lstm.generate(request).sequence();
      assertTrue(sequence.text().matches(pattern), sequence.toString());
    }
    GenerationResult beams =
        lstm.generate(
            GenerationRequest.builder()
                .prompt("Is it? ")
                .grammar(grammar)
                .config(config(30).numBeams(4).numReturnSequences(3).build())
                .build());
    for (GeneratedSequence sequence : beams.prompts().get(0).sequences()) {
      assertTrue(sequence.text().matches(pattern), sequence.toString());
    }
  }

  @Test
  void generate_whenPrefixFunctionAllowsTwoTokens_thenOnlyThose() {
    int[] allowed = {17, 23};
    GeneratedSequence sequence =
        gpt2.generate(
                ids(5)
                    .prefixAllowedTokens((batch, row) -> allowed)
                    .config(config(9).build())
                    .build())
            .sequence();
    for (int id : sequence.ids()) {
      assertTrue(id == 17 || id == 23, sequence.toString());
    }
  }

  // ---- diverse beams

  @Test
  void generate_whenBeamGroups_thenAsThePaperSays() {
    int[] prompt = lstm.encode("In the ");
    int steps = 6;
    GenerationResult result =
        lstm.generate(
            ids(prompt)
                .config(
                    config(steps)
                        .numBeams(6)
                        .numBeamGroups(3)
                        .diversityPenalty(0.8)
                        .numReturnSequences(6)
                        .build())
                .build());
    List<int[]> actual = new ArrayList<>();
    result.prompts().get(0).sequences().forEach(sequence -> actual.add(sequence.ids()));
    assertEquals(
        Arrays.deepToString(diverse(prompt, steps).toArray()),
        Arrays.deepToString(actual.toArray()));
  }

  private record Beam(int[] ids, double score) {}

  /** Vijayakumar et al. 2016, algorithm 1, restated without any cache: three groups of two beams, Hamming diversity 0.8. */
  private static List<int[]> diverse(int[] prompt, int steps) {
    List<List<Beam>> groups = new ArrayList<>();
    for (int g = 0; g < 3; g++) {
      groups.add(List.of(new Beam(new int[0], 0)));
    }
    for (int t = 0; t < steps; t++) {
      List<Integer> chosen = new ArrayList<>();
      for (int g = 0; g < 3; g++) {
        List<Beam> next = new ArrayList<>();
        for (Beam beam : groups.get(g)) {
          double[] logProbs = logProbs(prompt, beam.ids());
          for (int id = 0; id < logProbs.length; id++) {
            int[] longer = Arrays.copyOf(beam.ids(), t + 1);
            longer[t] = id;
            int token = id;
            long repeats = chosen.stream().filter(c -> c == token).count();
            next.add(new Beam(longer, beam.score() + logProbs[id] - 0.8 * repeats));
          }
        }
        next.sort(Comparator.comparingDouble((Beam b) -> -b.score()));
        groups.set(g, new ArrayList<>(next.subList(0, 2)));
        groups.get(g).forEach(beam -> chosen.add(beam.ids()[beam.ids().length - 1]));
      }
    }
    List<Beam> all = new ArrayList<>();
    groups.forEach(all::addAll);
    all.sort(Comparator.comparingDouble((Beam b) -> -b.score()));
    List<int[]> best = new ArrayList<>();
    all.forEach(beam -> best.add(beam.ids()));
    return best;
  }

  private static double[] logProbs(int[] prompt, int[] more) {
    int[] all = Arrays.copyOf(prompt, prompt.length + more.length);
    System.arraycopy(more, 0, all, prompt.length, more.length);
    int[] mask = new int[all.length];
    Arrays.fill(mask, 1);
    TextModel.Batch batch =
        new TextModel.Batch(new int[][] {all}, new int[][] {mask}, new int[][] {all});
    try (DecodingState state =
        ((LoadedTextGenerator) lstm).model().start(batch, 1, true, CancellationToken.none())) {
      double[] logProbs = new double[state.vocabularySize()];
      for (int id = 0; id < logProbs.length; id++) {
        logProbs[id] = Rows.logProbability(state.logits(), 0, logProbs.length, id);
      }
      return logProbs;
    }
  }

  // ---- contrastive search

  @Test
  void generate_whenContrastive_thenAsThePaperSays() {
    int[] prompt = {378, 221, 283, 303, 17};
    int steps = 8;
    GenerationConfig config = config(steps).penaltyAlpha(0.6).topK(4).build();
    int[] actual =
        llama.generate(ids(prompt).promptIds(9, 9, 9).config(config).build()).sequence().ids();
    int[] all = prompt;
    for (int t = 0; t < steps; t++) {
      all = Arrays.copyOf(all, all.length + 1);
      all[all.length - 1] = contrastiveChoice(Arrays.copyOf(all, all.length - 1), 0.6, 4);
      if (all[all.length - 1] == 0) {
        break;
      }
    }
    assertArrayEquals(Arrays.copyOfRange(all, prompt.length, all.length), actual);
  }

  /** Su et al. 2022, eq. 5, restated: each candidate is read with everything before it, without a cache. */
  private static int contrastiveChoice(int[] ids, double alpha, int k) {
    float[] logits;
    try (CausalState state = read(ids)) {
      logits = Arrays.copyOf(state.logits(), state.vocabularySize());
    }
    Rows.softmax(logits, 0, logits.length);
    int[] tokens = new int[k];
    float[] p = new float[k];
    Rows.topK(logits, 0, logits.length, k, tokens, p);
    int best = -1;
    double bestScore = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < k; i++) {
      int[] longer = Arrays.copyOf(ids, ids.length + 1);
      longer[ids.length] = tokens[i];
      try (CausalState state = read(longer)) {
        double penalty = -1;
        for (int t = 0; t < ids.length; t++) {
          penalty =
              Math.max(penalty, Vectors.cosine(state.hidden(0, ids.length), state.hidden(0, t)));
        }
        double score = (1 - alpha) * p[i] - alpha * penalty;
        if (score > bestScore) {
          bestScore = score;
          best = tokens[i];
        }
      }
    }
    return best;
  }

  private static CausalState read(int[] ids) {
    int[] mask = new int[ids.length];
    Arrays.fill(mask, 1);
    CausalModel model = (CausalModel) ((LoadedTextGenerator) llama).model();
    CausalState state = model.begin(new int[][] {mask});
    state.keepHidden();
    state.prefill(new int[][] {ids}, 0, CancellationToken.none());
    return state;
  }

  @Test
  void generate_whenContrastiveWithoutHiddenStates_thenErrorSaysWhatIsMissing() {
    RequestException e =
        assertThrows(
            RequestException.class,
            () ->
                gpt2.generate(ids(5).config(config(3).penaltyAlpha(0.5).topK(4).build()).build()));
    assertTrue(e.getMessage().contains("'last_hidden_state'"), e.getMessage());
  }

  // ---- results

  @Test
  void generate_whenScoresAreAsked_thenOneRowASequenceAndStep() {
    GenerationResult result =
        gpt2.generate(
            ids(5, 6)
                .promptIds(7)
                .config(config(4).outputScores(true).outputLogits(true).suppressTokens(3).build())
                .build());
    assertEquals(4, result.scores().size());
    assertEquals(4, result.logits().size());
    assertEquals(2 * gpt2.vocabularySize(), result.scores().get(0).length);
    assertEquals(Float.NEGATIVE_INFINITY, result.scores().get(2)[3]);
    assertNotEquals(Float.NEGATIVE_INFINITY, result.logits().get(2)[3]);
  }

  @Test
  void generate_whenSeedDiffers_thenIdsDiffer() {
    GenerationConfig config = config(12).doSample(true).build();
    int[] a = gpt2.generate(ids(5).seed(1).config(config).build()).sequence().ids();
    int[] b = gpt2.generate(ids(5).seed(2).config(config).build()).sequence().ids();
    assertFalse(Arrays.equals(a, b));
    GenerationResult free = gpt2.generate(ids(5).config(config).build());
    assertArrayEquals(
        free.sequence().ids(),
        gpt2.generate(ids(5).seed(free.seed()).config(config).build()).sequence().ids());
  }

  @Test
  void generate_whenPromptFillsTheLength_thenErrorSaysHowToMendIt() {
    RequestException e =
        assertThrows(
            RequestException.class,
            () ->
                gpt2.generate(
                    ids(1, 2, 3).config(GenerationConfig.builder().maxLength(3).build()).build()));
    assertEquals(
        "The prompt has 3 ids and max_length is 3: nothing could be generated. Set max_new_tokens.",
        e.getMessage());
  }

  @Test
  void generate_whenIdIsUnknown_thenErrorNamesIt() {
    RequestException e =
        assertThrows(RequestException.class, () -> gpt2.generate(ids(440).build()));
    assertEquals("Prompt 0 has id 440; the model knows ids from 0 to 439.", e.getMessage());
  }
}
