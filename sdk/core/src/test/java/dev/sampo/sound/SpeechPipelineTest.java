package dev.sampo.sound;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.Sampo;
import dev.sampo.error.CancelledException;
import dev.sampo.error.RequestException;
import dev.sampo.runtime.CancellationToken;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** VITS and SpeechT5 beside their goldens: ids without a tokenizer.json, phonemes, batches, cancelling, wrong requests. */
class SpeechPipelineTest {
  private static final Path VITS = SoundFixtures.own("speech").resolve("tiny_vits/model");
  private static final Path T5 = SoundFixtures.own("speech").resolve("tiny_speecht5/model");

  @TempDir Path folder;

  private Path copyOfVits(String... without) throws IOException {
    for (Path file : (Iterable<Path>) Files.list(VITS)::iterator) {
      if (!Arrays.asList(without).contains(file.getFileName().toString())) {
        Files.copy(file, folder.resolve(file.getFileName()));
      }
    }
    return folder;
  }

  @Test
  void speak_whenNoTokenizerJson_thenSameIdsFromTheVocabulary() throws IOException {
    SpeechRequest request = SpeechRequest.builder().texts(" Hello, World! ").seed(1).build();
    try (SpeechPipeline usual = Sampo.open(VITS, SpeechPipeline.class);
        SpeechPipeline bare = SpeechPipeline.open(copyOfVits("tokenizer.json"))) {
      assertArrayEquals(
          usual.speak(request).utterances().get(0).inputIds(),
          bare.speak(request).utterances().get(0).inputIds());
    }
  }

  @Test
  void speak_whenTextsTogether_thenEachIsAsLongAsAlone() {
    SpeechRequest.Builder calm = SpeechRequest.builder().noiseScale(0.0).noiseScaleDuration(0.0);
    try (SpeechPipeline voice = SpeechPipeline.open(VITS)) {
      SpeechResult both = voice.speak(calm.texts("a red kite", "two small robots walk").build());
      Utterance alone = voice.speak(calm.texts("a red kite").build()).utterances().get(0);
      assertEquals(alone.samples().length, both.utterances().get(0).samples().length);
      assertEquals(2, both.utterances().size());
    }
  }

  @Test
  void speak_whenVocabularyIsOfPhonemes_thenLettersAreRefusedAndPhonemesSpoken()
      throws IOException {
    Path model = copyOfVits("tokenizer_config.json");
    Files.write(
        model.resolve("tokenizer_config.json"),
        "{\"phonemize\": true, \"add_blank\": true}".getBytes());
    try (SpeechPipeline voice = SpeechPipeline.open(model)) {
      RequestException e =
          assertThrows(RequestException.class, () -> voice.speak(SpeechRequest.of("hello")));
      assertTrue(e.getMessage().contains("speaks phonemes"), e.getMessage());
      SpeechRequest phonemes =
          SpeechRequest.builder().phonemes(Collections.singletonList("hello")).seed(1).build();
      assertEquals(11, voice.speak(phonemes).utterances().get(0).inputIds().length);
      SpeechRequest wrong =
          SpeechRequest.builder().phonemes(Collections.singletonList("h\u0259llo")).build();
      assertEquals(
          "phonemes", assertThrows(RequestException.class, () -> voice.speak(wrong)).option());
    }
  }

  @Test
  void speak_whenNoiseIsInsideTheGraph_thenItsOptionsAreRefused() throws IOException {
    try (SpeechPipeline voice = SpeechPipeline.open(copyOfVits("model_with_noise.onnx"))) {
      SpeechRequest slow = SpeechRequest.builder().texts("a kite").speakingRate(0.5).build();
      RequestException e = assertThrows(RequestException.class, () -> voice.speak(slow));
      assertEquals("speakingRate", e.option());
      assertEquals(1, voice.speak(SpeechRequest.of("a red kite")).utterances().size());
    }
  }

  @Test
  void speak_whenSpeakerVectorIsMissing_thenErrorSaysHowLongItIs() {
    try (SpeechPipeline voice = SpeechPipeline.open(T5)) {
      assertEquals(8, voice.speakerEmbeddingSize());
      RequestException e =
          assertThrows(RequestException.class, () -> voice.speak(SpeechRequest.of("two robots")));
      assertEquals("speakerEmbedding", e.option());
      assertTrue(e.getMessage().contains("8 numbers, got 0"), e.getMessage());
    }
  }

  @Test
  void speak_whenCancelled_thenTextsThatAreDoneComeWithTheError() {
    CancellationToken token = new CancellationToken();
    SpeechRequest request =
        SpeechRequest.builder()
            .texts("two robots", "a red kite")
            .speakerEmbedding(new float[8])
            .maxLengthRatio(2)
            .cancellation(token)
            .progress(
                step -> {
                  if (step.done() == 1) {
                    token.cancel();
                  }
                })
            .build();
    try (SpeechPipeline voice = SpeechPipeline.open(T5)) {
      CancelledException e = assertThrows(CancelledException.class, () -> voice.speak(request));
      SpeechResult partial = e.partial(SpeechResult.class);
      assertNotNull(partial);
      assertEquals(1, partial.utterances().size());
    }
  }

  @Test
  void build_whenNothingIsToBeSaid_thenRefused() {
    assertEquals(
        "texts",
        assertThrows(RequestException.class, () -> SpeechRequest.builder().build()).option());
  }
}
