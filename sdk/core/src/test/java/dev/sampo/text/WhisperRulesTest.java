package dev.sampo.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.error.RequestException;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.runtime.Shape;
import dev.sampo.runtime.Tensor;
import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.text.decoding.DecodingState;
import dev.sampo.text.decoding.TextModel;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** In the tiny model 3 is the start, 4 and 5 are en and de, 6 and 7 the tasks, 8 stands for no timestamps. */
class WhisperRulesTest {
  private TextGenerator whisper;
  private Tensor features;

  @BeforeEach
  void load() throws URISyntaxException {
    Path folder =
        Path.of(WhisperRulesTest.class.getResource("/golden/text/generation/whisper").toURI());
    whisper = TextGenerator.open(folder, SessionConfig.builder().intraOpThreads(1).build());
    float[] values = new float[2 * 8 * 40];
    Random random = new Random(3);
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    features = Tensor.ofFloats(Shape.of(2, 8, 40), values);
  }

  @AfterEach
  void close() {
    features.close();
    whisper.close();
  }

  private static GenerationConfig.Builder config() {
    return GenerationConfig.builder().maxNewTokens(8);
  }

  private int[][] generate(GenerationConfig config, int... decoderIds) {
    GenerationRequest.Builder request =
        GenerationRequest.builder().inputFeatures(features).config(config);
    if (decoderIds.length > 0) {
      request.decoderIds(decoderIds);
    }
    return whisper.generate(request.build()).sequences();
  }

  @Test
  void generate_whenLanguageAndTaskAreGiven_thenTheirTokensComeFirst() {
    assertArrayEquals(
        generate(config().build(), 3, 5, 7, 8),
        generate(config().language("de").task("translate").build()));
    assertArrayEquals(
        generate(config().build(), 3, 4, 6, 8), generate(config().language("<|en|>").build()));
  }

  @Test
  void generate_whenTimestampsAreAsked_thenNothingSwitchesThemOff() {
    GenerationConfig timestamps = config().language("en").returnTimestamps(true).build();
    assertArrayEquals(generate(timestamps, 3, 4, 6), generate(timestamps));
  }

  @Test
  void generate_whenNoLanguage_thenTheMoreProbableOneOfEachSound() {
    int[][] begun = generate(config().build());
    int[][] mask = new int[2][0];
    TextModel.Batch batch = new TextModel.Batch(mask, mask, new int[][] {{3}, {3}}, features);
    try (DecodingState state =
        ((LoadedTextGenerator) whisper).model().start(batch, 1, false, CancellationToken.none())) {
      int v = state.vocabularySize();
      for (int r = 0; r < 2; r++) {
        int more = state.logits()[r * v + 4] > state.logits()[r * v + 5] ? 4 : 5;
        assertEquals(more, begun[r][1]);
        assertEquals(
            8, begun[r][2]); // as transformers: no task where neither it nor a language is given
      }
    }
  }

  @Test
  void generate_whenLanguageIsSpeltInAnyWay_thenTheSame() {
    int[][] wanted = generate(config().build(), 3, 5, 6, 8);
    for (String language : List.of("german", "German", "DE", "de", "<|de|>", "<|DE|>")) {
      assertArrayEquals(wanted, generate(config().language(language).build()), language);
    }
  }

  @Test
  void generate_whenDecoderIdsAreForced_thenTheyComeFirstUnlessALanguageIsGiven() {
    GenerationConfig forced = forced("[[1, 5], [2, 7]]");
    assertArrayEquals(generate(config().build(), 3, 5, 7, 8), generate(forced));
    assertArrayEquals(
        generate(config().build(), 3, 4, 6, 8),
        generate(forced.toBuilder().language("en").build()));
    int[][] found = generate(config().build());
    int[][] open = generate(forced("[[1, null], [2, 7]]"));
    assertEquals(found[0][1], open[0][1]);
    assertEquals(7, open[0][2]);
    assertEquals(8, open[0][3]);
    assertThrows(RequestException.class, () -> generate(forced("[[1, 5], [3, 7]]")));
  }

  private static GenerationConfig forced(String ids) {
    return GenerationConfig.parse(
        "{\"max_new_tokens\": 8, \"forced_decoder_ids\": " + ids + "}", line -> {});
  }

  @Test
  void generate_whenLanguageIsUnknown_thenErrorListsTheKnownOnes() {
    String message =
        assertThrows(RequestException.class, () -> generate(config().language("fi").build()))
            .getMessage();
    assertTrue(message.contains("fi") && message.contains("<|de|>"), message);
  }

  @Test
  void generate_whenTextIsGivenToAnAudioModel_thenErrorSaysWhatItReads() {
    String message =
        assertThrows(
                RequestException.class,
                () ->
                    whisper.generate(
                        GenerationRequest.builder().promptIds(4).config(config().build()).build()))
            .getMessage();
    assertTrue(message.contains("log-mel"), message);
  }
}
