package dev.sampo.sound;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.sampo.error.RequestException;
import dev.sampo.runtime.Tensor;
import dev.sampo.text.Golden;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Against transformers' WhisperFeatureExtractor; see {@code golden/text/audio/README.md}. */
class LogMelFeaturesGoldenTest {
  private static float[] sound() {
    float[] samples = new float[24_000];
    for (int i = 0; i < samples.length; i++) {
      samples[i] =
          (float)
              (0.4 * Math.sin(2 * Math.PI * (110 + i * 0.02) * i / 16_000)
                  + 0.05 * Math.sin(2 * Math.PI * 3100 * i / 16_000));
    }
    return samples;
  }

  @Test
  void of_whenSound_thenFramesOfTransformers() throws IOException {
    for (Path file : Golden.files(Golden.ownFolder("text/audio"), "log_mel.jsonl")) {
      for (JsonNode line : Golden.lines(file)) {
        LogMelFeatures features = LogMelFeatures.of(line.get("preprocessor_config"));
        try (Tensor tensor = features.of(new Wav(features.sampleRateHz(), sound()))) {
          JsonNode expected = line.get("features");
          int mels = expected.get(0).size();
          assertEquals(expected.size(), tensor.shape().dim(0));
          assertEquals(mels, tensor.shape().dim(1));
          int frames = (int) tensor.shape().dim(2);
          float[] values = tensor.toFloats();
          int every = line.get("every").asInt();
          for (int p = 0; p < expected.size(); p++) {
            for (int m = 0; m < mels; m++) {
              JsonNode row = expected.get(p).get(m);
              for (int i = 0; i < row.size(); i++) {
                float value = values[(p * mels + m) * frames + i * every];
                assertEquals(row.get(i).asDouble(), value, 1e-4, p + " " + m + " " + i * every);
              }
            }
          }
        }
      }
    }
  }

  @Test
  void of_whenNothingIsSaid_thenThirtySecondsOfEightyMels() {
    LogMelFeatures features = LogMelFeatures.of(JsonNodeFactory.instance.objectNode());
    try (Tensor tensor = features.of(new float[10])) {
      assertArrayEquals(new long[] {1, 80, 3000}, tensor.shape().dims());
    }
  }

  @Test
  void of_whenSampleRateDiffers_thenErrorSaysHowToConvert() {
    LogMelFeatures features = LogMelFeatures.of(JsonNodeFactory.instance.objectNode());
    String message =
        assertThrows(RequestException.class, () -> features.of(new Wav(44_100, new float[10])))
            .getMessage();
    assertTrue(message.contains("44100") && message.contains("-ar 16000"), message);
  }
}
