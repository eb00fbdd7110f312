package dev.sampo.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.error.CancelledException;
import dev.sampo.error.ClosedException;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.samplers.text.TokenSequence;
import dev.sampo.samplers.text.processor.LogitsProcessor;
import dev.sampo.samplers.text.stop.FinishReason;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Every kind of loop, closed or cancelled between two of its steps. */
class LoopEndsTest {
  /** Holds a generation up before its third step. */
  private static final class Gate implements LogitsProcessor {
    private final CountDownLatch reached = new CountDownLatch(1);
    private final CountDownLatch opened = new CountDownLatch(1);
    private int calls;

    @Override
    public void process(TokenSequence ids, float[] scores, int offset, int length) {
      if (++calls < 3) {
        return;
      }
      reached.countDown();
      try {
        opened.await();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private record Loop(String folder, GenerationConfig.Builder config) {}

  private static GenerationConfig.Builder config() {
    // End tokens that no model has, so that nothing ends by itself.
    return GenerationConfig.builder().maxNewTokens(30).eosTokenId(100_000);
  }

  private static Map<String, Loop> loops() {
    Map<String, Loop> loops = new LinkedHashMap<>();
    loops.put("greedy", new Loop("generation/gpt2", config()));
    loops.put("sample", new Loop("generation/gpt2", config().doSample(true)));
    loops.put("without cache", new Loop("generation/gpt2", config().useCache(false)));
    loops.put("without past", new Loop("generation/llama_window", config()));
    loops.put("merged", new Loop("generation/llama_merged", config()));
    loops.put("guidance", new Loop("generation/gpt2", config().guidanceScale(1.5)));
    loops.put("beam", new Loop("generation/gpt2", config().numBeams(3)));
    loops.put("beam sample", new Loop("generation/gpt2", config().numBeams(3).doSample(true)));
    loops.put(
        "beam groups",
        new Loop("generation/gpt2", config().numBeams(4).numBeamGroups(2).diversityPenalty(0.5)));
    loops.put("prompt lookup", new Loop("generation/gpt2", config().promptLookupNumTokens(3)));
    loops.put("assisted", new Loop("generation/gpt2", config()));
    loops.put("prompt cache", new Loop("generation/gpt2", config()));
    loops.put("contrastive", new Loop("generation/llama", config().penaltyAlpha(0.6).topK(4)));
    loops.put("encoder-decoder", new Loop("generation/t5", config()));
    loops.put(
        "encoder-decoder beam", new Loop("generation/bart", config().numBeams(3).minLength(0)));
    loops.put("recurrent", new Loop("rnn/char_lstm", config()));
    loops.put("recurrent beam", new Loop("rnn/char_lstm", config().numBeams(2)));
    loops.put("attention seq2seq", new Loop("rnn/seq2seq_gru", config()));
    loops.put("attention seq2seq beam", new Loop("rnn/seq2seq_lstm", config().numBeams(2)));
    return loops;
  }

  private static TextGenerator load(String name) {
    try {
      Path folder = Path.of(LoopEndsTest.class.getResource("/golden/text").toURI()).resolve(name);
      return TextGenerator.open(folder, SessionConfig.builder().intraOpThreads(1).build());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  @TestFactory
  List<DynamicTest> close_whenGenerating_thenClosedException() {
    List<DynamicTest> tests = new ArrayList<>();
    loops()
        .forEach(
            (name, loop) ->
                tests.add(
                    DynamicTest.dynamicTest(
                        name,
                        () -> {
                          ExecutionException e =
                              assertThrows(
                                  ExecutionException.class,
                                  () -> run(name, loop, token -> {}, TextGenerator::close));
                          assertTrue(
                              e.getCause() instanceof ClosedException,
                              () -> String.valueOf(e.getCause()));
                        })));
    return tests;
  }

  @TestFactory
  List<DynamicTest> cancel_whenGenerating_thenExceptionHasWhatIsThere() {
    List<DynamicTest> tests = new ArrayList<>();
    loops()
        .forEach(
            (name, loop) ->
                tests.add(
                    DynamicTest.dynamicTest(
                        name,
                        () -> {
                          ExecutionException e =
                              assertThrows(
                                  ExecutionException.class,
                                  () ->
                                      run(name, loop, CancellationToken::cancel, generator -> {}));
                          CancelledException cancelled =
                              assertInstanceOf(CancelledException.class, e.getCause());
                          GenerationResult result = cancelled.partial(GenerationResult.class);
                          GeneratedSequence sequence = result.sequence();
                          assertEquals(FinishReason.CANCELLED, sequence.finishReason());
                          assertTrue(sequence.ids().length < 30);
                        })));
    return tests;
  }

  private static GenerationResult run(
      String name, Loop loop, Consumer<CancellationToken> cancel, Consumer<TextGenerator> end)
      throws Exception {
    Gate gate = new Gate();
    CancellationToken token = new CancellationToken();
    try (TextGenerator generator = load(loop.folder());
        TextGenerator draft = name.equals("assisted") ? load(loop.folder()) : null;
        PromptCache cache = name.equals("prompt cache") ? generator.newPromptCache() : null) {
      GenerationRequest.Builder request =
          GenerationRequest.builder()
              .promptIds(5, 6, 5, 7)
              .seed(3)
              .config(loop.config().build())
              .processor(gate)
              .cancellation(token);
      if (draft != null) {
        request.assistant(draft);
      }
      if (cache != null) {
        request.promptCache(cache);
      }
      CompletableFuture<GenerationResult> future =
          generator.generateAsync(request.build(), task -> new Thread(task).start());
      gate.reached.await();
      end.accept(generator);
      cancel.accept(token);
      gate.opened.countDown();
      return future.get();
    }
  }
}
