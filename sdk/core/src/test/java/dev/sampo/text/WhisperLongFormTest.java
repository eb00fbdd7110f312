package dev.sampo.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.error.CancelledException;
import dev.sampo.error.RequestException;
import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.Shape;
import dev.sampo.runtime.Tensor;
import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.sound.LogMelFeatures;
import java.net.URISyntaxException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The tiny model reads a second at once; ids from 49 on are times. */
class WhisperLongFormTest {
  private TextGenerator whisper;
  private Tensor features;

  @BeforeEach
  void load() throws URISyntaxException {
    Path folder =
        Path.of(WhisperLongFormTest.class.getResource("/golden/text/longform/second").toURI());
    whisper = TextGenerator.open(folder);
    features =
        LogMelFeatures.load(ModelFolder.open(folder)).whole(WhisperLongFormGoldenTest.sound(3.5));
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
    failure(() -> WhisperOptions.builder().noSpeechThreshold(0.6).build(), "noSpeechThreshold");
    failure(() -> WhisperOptions.builder().temperatures(-1).build(), "temperatures");
    try (Tensor two = Tensor.ofFloats(Shape.of(2, 8, 100), new float[1600])) {
      GenerationRequest request = GenerationRequest.builder().inputFeatures(two).build();
      failure(() -> longForm.transcribe(request, none), "inputFeatures");
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
