package dev.sampo.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.error.CancelledException;
import dev.sampo.error.ModelException;
import dev.sampo.error.RequestException;
import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.Shape;
import dev.sampo.runtime.Tensor;
import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.sound.LogMelFeatures;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The tiny model reads a second at once; ids from 49 on are times. */
class WhisperLongFormTest {
  private TextGenerator whisper;
  private Tensor features;

  @TempDir Path folder;

  private static Path second() {
    try {
      return Path.of(WhisperLongFormTest.class.getResource("/golden/text/longform/second").toURI());
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  @BeforeEach
  void load() {
    whisper = TextGenerator.open(second());
    features =
        LogMelFeatures.load(ModelFolder.open(second())).whole(WhisperLongFormGoldenTest.sound(3.5));
  }

  @AfterEach
  void close() {
    features.close();
    whisper.close();
  }

  private GenerationRequest.Builder request() {
    return GenerationRequest.builder().inputFeatures(features);
  }

  private static String failure(Runnable call, String option) {
    RequestException e = assertThrows(RequestException.class, call::run);
    assertEquals(option, e.option());
    return String.valueOf(e.getMessage());
  }

  @Test
  void transcribe_whenLongerThanAWindow_thenTimesGoOnToTheEnd() {
    Transcript transcript =
        WhisperLongForm.of(whisper).transcribe(request().build(), WhisperOptions.defaults());
    double before = 0;
    for (Transcript.Segment segment : transcript.segments()) {
      assertTrue(segment.startSeconds() >= before - 0.021, transcript.toString());
      before = segment.startSeconds();
    }
    assertTrue(before > 2.4, transcript.toString());
    assertTrue(transcript.timings().steps() >= transcript.ids().length);
  }

  @Test
  void transcribe_whenSeedIsGivenOrTold_thenTheSameAgain() {
    WhisperOptions options = WhisperOptions.builder().temperatures(0.9).build();
    WhisperLongForm longForm = WhisperLongForm.of(whisper);
    Transcript first = longForm.transcribe(request().build(), options);
    Transcript second = longForm.transcribe(request().seed(first.seed()).build(), options);
    assertArrayEquals(first.ids(), second.ids());
  }

  @Test
  void transcribe_whenCancelled_thenThrowsWithTheSegmentsMadeSoFar() {
    CancellationToken token = new CancellationToken();
    int[] count = {0};
    GenerationRequest request =
        request()
            .cancellation(token)
            .progress(
                step -> {
                  if (++count[0] == 40) {
                    token.cancel();
                  }
                })
            .build();
    CancelledException e =
        assertThrows(
            CancelledException.class,
            () -> WhisperLongForm.of(whisper).transcribe(request, WhisperOptions.defaults()));
    Transcript partial = e.partial(Transcript.class);
    assertTrue(!partial.segments().isEmpty() && partial.ids().length <= 40, partial.toString());
  }

  @Test
  void transcribe_whenOptionsDoNotGo_thenErrorNamesThem() {
    WhisperLongForm longForm = WhisperLongForm.of(whisper);
    WhisperOptions none = WhisperOptions.defaults();
    failure(() -> longForm.transcribe(request().decoderIds(41).build(), none), "decoderIds");
    failure(() -> longForm.transcribe(GenerationRequest.of("a"), none), "inputFeatures");
    GenerationConfig many = GenerationConfig.builder().maxNewTokens(39).build();
    String message =
        failure(() -> longForm.transcribe(request().config(many).build(), none), "maxNewTokens");
    assertTrue(message.contains("40"), message);
    WhisperOptions alone = WhisperOptions.builder().noSpeechThreshold(0.6).build();
    failure(() -> longForm.transcribe(request().build(), alone), "noSpeechThreshold");
    WhisperOptions all =
        WhisperOptions.builder().promptIds(46, 7).promptForAllSegments(true).build();
    failure(() -> longForm.transcribe(request().build(), all), "promptForAllSegments");
    WhisperOptions text = WhisperOptions.builder().prompt("Turku").build();
    failure(() -> longForm.transcribe(request().build(), text), "prompt");
    WhisperOptions endless = WhisperOptions.builder().promptIds(new int[41]).build();
    failure(() -> longForm.transcribe(request().build(), endless), "maxNewTokens");
    failure(() -> WhisperOptions.builder().temperatures(-1).build(), "temperatures");
    try (Tensor two = Tensor.ofFloats(Shape.of(2, 8, 100), new float[1600])) {
      GenerationRequest request = GenerationRequest.builder().inputFeatures(two).build();
      failure(() -> longForm.transcribe(request, none), "inputFeatures");
    }
  }

  /** A copy of the tiny model that a test may change. */
  private Path copy() throws IOException {
    Path copy = Files.createDirectories(folder.resolve("whisper"));
    try (Stream<Path> files = Files.list(second())) {
      for (Path file : files.toList()) {
        Files.copy(file, copy.resolve(file.getFileName().toString()));
      }
    }
    return copy;
  }

  @Test
  void transcribe_whenFolderSetsThresholds_thenAsIfTheRequestDid() throws IOException {
    Path copy = copy();
    Path settings = copy.resolve("generation_config.json");
    String text = Files.readString(settings);
    Files.writeString(
        settings,
        text.replaceFirst(
            "\\{",
            "{\"temperature\": [0.0, 0.4, 0.8], \"logprob_threshold\": -2.34,"
                + " \"no_speech_threshold\": 0.00579, \"condition_on_prev_tokens\": true,"
                + " \"compression_ratio_threshold\": 0.667,"));
    WhisperOptions same =
        WhisperOptions.builder()
            .temperatures(0, 0.4, 0.8)
            .logprobThreshold(-2.34)
            .noSpeechThreshold(0.00579)
            .compressionRatioThreshold(0.667)
            .conditionOnPrevTokens(true)
            .build();
    GenerationRequest request = request().seed(6L).build();
    try (TextGenerator set = TextGenerator.open(copy)) {
      WhisperLongForm longForm = WhisperLongForm.of(set);
      assertTrue(longForm.goesOver(10));
      assertFalse(WhisperLongForm.of(whisper).goesOver(10));
      assertArrayEquals(
          WhisperLongForm.of(whisper).transcribe(request, same).ids(),
          longForm.transcribe(request, WhisperOptions.defaults()).ids());
      WhisperOptions other = WhisperOptions.builder().conditionOnPrevTokens(false).build();
      assertArrayEquals(
          WhisperLongForm.of(whisper)
              .transcribe(request, same.toBuilder().conditionOnPrevTokens(false).build())
              .ids(),
          longForm.transcribe(request, other).ids());
    }
    Files.writeString(settings, text.replaceFirst("\\{", "{\"logprob_threshold\": \"low\","));
    ModelException e = assertThrows(ModelException.class, () -> TextGenerator.open(copy));
    assertTrue(e.getMessage().contains("logprob_threshold is \"low\""), e.getMessage());
  }

  @Test
  void transcribe_whenPromptIsText_thenAsItsIds() throws IOException {
    Path copy = copy();
    StringBuilder words = new StringBuilder();
    for (int id = 0; id < 40; id++) {
      words.append("\"w").append(id).append("\": ").append(id).append(", ");
    }
    Files.writeString(
        copy.resolve("tokenizer.json"),
        "{\"added_tokens\": [{\"id\": 46, \"content\": \"<|startofprev|>\", \"special\": true}, {\"id\":"
            + " 42, \"content\": \"<|en|>\", \"special\": true}], \"pre_tokenizer\": {\"type\":"
            + " \"WhitespaceSplit\"}, \"model\": {\"type\": \"WordLevel\", \"unk_token\": \"w0\", \"vocab\": {"
            + words
            + "\"end\": 40, \"start\": 41, \"<|en|>\": 42, \"de\": 43, \"to\": 44, \"so\": 45,"
            + " \"<|startofprev|>\": 46}}}");
    try (TextGenerator worded = TextGenerator.open(copy)) {
      WhisperLongForm longForm = WhisperLongForm.of(worded);
      assertArrayEquals(new int[] {46}, worded.tokenizer().encodeToIds("<|startofprev|>", false));
      assertArrayEquals(new int[] {7, 21}, worded.tokenizer().encodeToIds(" w7 w21", false));
      assertArrayEquals(
          longForm
              .transcribe(request().build(), WhisperOptions.builder().promptIds(46, 7, 21).build())
              .ids(),
          longForm
              .transcribe(request().build(), WhisperOptions.builder().prompt(" w7 w21 ").build())
              .ids());
      WhisperOptions special = WhisperOptions.builder().prompt("w7 <|en|>").build();
      String message = failure(() -> longForm.transcribe(request().build(), special), "prompt");
      assertTrue(message.contains("<|en|>"), message);
    }
  }

  @Test
  void of_whenModelReadsText_thenErrorSaysSo() throws URISyntaxException {
    Path folder =
        Path.of(WhisperLongFormTest.class.getResource("/golden/text/generation/gpt2").toURI());
    try (TextGenerator gpt = TextGenerator.open(folder)) {
      assertTrue(
          failure(() -> WhisperLongForm.of(gpt), "inputFeatures").contains("max_source_positions"));
    }
  }
}
