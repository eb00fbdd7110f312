package dev.sampo.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.Model;
import dev.sampo.Sampo;
import dev.sampo.embedding.EmbeddingRequest;
import dev.sampo.embedding.EmbeddingResult;
import dev.sampo.embedding.TextEncoder;
import dev.sampo.error.CancelledException;
import dev.sampo.error.ClosedException;
import dev.sampo.error.RequestException;
import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.OpenNatives;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.samplers.text.GenerationConfig;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.function.ThrowingConsumer;

/** What every text pipeline promises, whatever kind of model is in the folder: open, request, cancel, close, the seed. */
class TextPipelineContractTest {
  private static final SessionConfig ONE_THREAD = SessionConfig.builder().intraOpThreads(1).build();

  private static final List<String> FOLDERS =
      List.of(
          "golden/text/generation/gpt2",
          "golden/text/generation/llama_window",
          "golden/text/generation/llama_merged",
          "golden/text/generation/t5",
          "golden/text/generation/bart",
          "golden/text/rnn/char_lstm",
          "golden/text/rnn/seq2seq_gru",
          "cases/gqa/f32");

  private static List<DynamicTest> each(ThrowingConsumer<Path> check) {
    List<DynamicTest> tests = new ArrayList<>();
    for (String name : FOLDERS) {
      tests.add(DynamicTest.dynamicTest(name, () -> check.accept(path(name))));
    }
    return tests;
  }

  private static Path path(String name) {
    try {
      return Path.of(TextPipelineContractTest.class.getResource("/" + name).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private static GenerationRequest.Builder request() {
    GenerationConfig config =
        GenerationConfig.builder()
            .maxNewTokens(6)
            .numBeams(1)
            .doSample(true)
            .eosTokenId(100_000)
            .build();
    return GenerationRequest.builder().promptIds(5, 6, 7).config(config);
  }

  @TestFactory
  List<DynamicTest> open_whenByAnyDoor_thenTheSameModel() {
    return each(
        path -> {
          int[] wanted;
          try (TextGenerator first = TextGenerator.open(path)) {
            wanted = first.generate(request().seed(4).build()).sequence().ids();
          }
          ModelFolder folder = ModelFolder.open(path);
          try (TextGenerator second = TextGenerator.open(folder, ONE_THREAD);
              TextGenerator third = Sampo.open(path, ONE_THREAD, TextGenerator.class)) {
            Model model = third;
            assertEquals(folder.name(), model.name());
            assertEquals(folder.family(), model.family());
            assertArrayEquals(wanted, second.generate(request().seed(4).build()).sequence().ids());
            assertArrayEquals(wanted, third.generate(request().seed(4).build()).sequence().ids());
          }
        });
  }

  @TestFactory
  List<DynamicTest> generate_whenSeedIsLeftOut_thenResultTellsOneThatRepeats() {
    return each(
        path -> {
          try (TextGenerator generator = TextGenerator.open(path, ONE_THREAD)) {
            GenerationResult free = generator.generate(request().build());
            assertNotNull(free.seed());
            GenerationResult again = generator.generate(request().seed(free.seed()).build());
            assertArrayEquals(free.sequence().ids(), again.sequence().ids());
            assertEquals(6, free.timings().steps());
            assertTrue(free.timings().modelMillis() > 0);
            assertTrue(free.timings().modelMillis() <= free.timings().totalMillis());
            assertEquals(6, free.tokenCount());
          }
        });
  }

  @TestFactory
  List<DynamicTest> generate_whenCancelledByItsListener_thenExceptionHasTheFirstTokens() {
    return each(
        path -> {
          try (TextGenerator generator = TextGenerator.open(path, ONE_THREAD)) {
            generator.generate(request().build());
            int before = OpenNatives.count();
            CancellationToken token = new CancellationToken();
            List<TokenStep> steps = new ArrayList<>();
            GenerationRequest request =
                request()
                    .cancellation(token)
                    .progress(
                        step -> {
                          steps.add(step);
                          if (step.done() == 2) {
                            token.cancel();
                          }
                        })
                    .build();
            CancelledException e =
                assertThrows(CancelledException.class, () -> generator.generate(request));
            assertEquals(2, e.partial(GenerationResult.class).tokenCount());
            assertEquals(6, steps.get(0).total());
            assertEquals(before, OpenNatives.count());
          }
        });
  }

  @TestFactory
  List<DynamicTest> stream_whenCancelled_thenItEnds() {
    return each(
        path -> {
          try (TextGenerator generator = TextGenerator.open(path, ONE_THREAD)) {
            CancellationToken token = new CancellationToken();
            token.cancel();
            try (TextStream stream = generator.stream(request().cancellation(token).build())) {
              assertFalse(stream.hasNext());
              assertThrows(CancelledException.class, stream::result);
            }
          }
        });
  }

  @TestFactory
  List<DynamicTest> generate_whenRequestIsAtFault_thenErrorNamesTheOption() {
    return each(
        path -> {
          try (TextGenerator generator = TextGenerator.open(path, ONE_THREAD)) {
            GenerationConfig none = GenerationConfig.builder().guidanceScale(Double.NaN).build();
            GenerationRequest request = request().config(none).build();
            RequestException e =
                assertThrows(RequestException.class, () -> generator.generate(request));
            assertEquals("guidanceScale", e.option());
            GenerationConfig much =
                GenerationConfig.builder().maxNewTokens(Integer.MAX_VALUE).build();
            GenerationRequest long0 = request().config(much).build();
            e = assertThrows(RequestException.class, () -> generator.generate(long0));
            assertEquals("maxNewTokens", e.option());
          }
        });
  }

  @TestFactory
  List<DynamicTest> close_whenDone_thenNothingIsOpenAndUseIsRefused() {
    return each(
        path -> {
          TextGenerator.open(path, ONE_THREAD).close();
          int before = OpenNatives.count();
          TextGenerator generator = TextGenerator.open(path, ONE_THREAD);
          generator.generate(request().build());
          generator.close();
          generator.close();
          assertEquals(before, OpenNatives.count());
          assertThrows(ClosedException.class, () -> generator.generate(request().build()));
        });
  }

  @Test
  void embed_whenCancelledByItsListener_thenExceptionHasTheVectorsThatAreDone() {
    List<String> texts = new ArrayList<>(Collections.nCopies(70, "a b c"));
    CancellationToken token = new CancellationToken();
    EmbeddingRequest request =
        EmbeddingRequest.builder(texts)
            .cancellation(token)
            .progress(step -> token.cancel())
            .build();
    try (TextEncoder encoder = TextEncoder.open(path("cases/embeddings/bert128"))) {
      CancelledException e = assertThrows(CancelledException.class, () -> encoder.embed(request));
      EmbeddingResult partial = e.partial(EmbeddingResult.class);
      assertNotNull(partial);
      assertEquals(70, partial.vectors().size());
      assertEquals(32, partial.timings().steps());
      assertArrayEquals(encoder.embed("a b c"), partial.vectors().get(0), 1e-5f);
      assertNull(partial.vectors().get(69));
    }
  }
}
