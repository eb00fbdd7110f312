package dev.sampo.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.runtime.Tensor;
import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.sound.LogMelFeatures;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Sounds longer than the encoder's window against transformers 5.18; see {@code golden/text/longform/README.md}. */
class WhisperLongFormGoldenTest {
  private static final List<TextGenerator> OPEN = new ArrayList<>();

  @AfterAll
  static void close() {
    OPEN.forEach(TextGenerator::close);
  }

  static float[] sound(double seconds) {
    float[] samples = new float[(int) (seconds * 16_000)];
    for (int i = 0; i < samples.length; i++) {
      double loud = 0.4 * Math.abs(Math.sin(i / 70000.0));
      double pitch = 200 + 150 * Math.sin(i / 50000.0);
      samples[i] =
          (float)
              (loud * Math.sin(2 * Math.PI * pitch * i / 16_000)
                  + 0.05 * Math.sin(2 * Math.PI * 3100 * i / 16_000));
    }
    return samples;
  }

  @TestFactory
  List<DynamicTest> transcribe_whenGoldenCase_thenIdsAndTimesOfTransformers() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (Path file : Golden.files(Golden.ownFolder("text/longform"), "longform.jsonl")) {
      Path folder = file.getParent();
      TextGenerator generator =
          TextGenerator.open(folder, SessionConfig.builder().intraOpThreads(1).build());
      OPEN.add(generator);
      for (JsonNode line : Golden.lines(file)) {
        String name = folder.getFileName() + " " + line.get("id").asText();
        tests.add(DynamicTest.dynamicTest(name, () -> check(folder, generator, line)));
      }
    }
    return tests;
  }

  private static void check(Path folder, TextGenerator generator, JsonNode line) {
    GenerationRequest.Builder request =
        GenerationRequest.builder()
            .config(GenerationConfig.parse(line.get("kwargs"), warning -> fail(warning)));
    if (!line.get("seed").isNull()) {
      request.seed(line.get("seed").longValue());
    }
    LogMelFeatures extractor = LogMelFeatures.load(ModelFolder.open(folder));
    try (Tensor features = extractor.whole(sound(line.get("seconds").asDouble()))) {
      assertEquals(line.get("frames").asLong(), features.shape().dim(2));
      Transcript transcript =
          WhisperLongForm.of(generator)
              .transcribe(request.inputFeatures(features).build(), options(line.get("options")));
      List<String> wanted = new ArrayList<>();
      line.get("segments").forEach(s -> wanted.add(Arrays.toString(Golden.ints(s.get("tokens")))));
      List<String> got = new ArrayList<>();
      transcript.segments().forEach(s -> got.add(s.ids().toString()));
      assertEquals(String.join("\n", wanted), String.join("\n", got));
      assertEquals(
          Arrays.toString(Golden.ints(line.get("sequence"))), Arrays.toString(transcript.ids()));
      for (int i = 0; i < wanted.size(); i++) {
        Transcript.Segment segment = transcript.segments().get(i);
        JsonNode times = line.get("segments").get(i);
        assertEquals(times.get("start").asDouble(), segment.startSeconds(), 1e-9);
        assertEquals(times.get("end").asDouble(), segment.endSeconds(), 1e-9);
      }
    }
  }

  private static WhisperOptions options(JsonNode json) {
    WhisperOptions.Builder options =
        WhisperOptions.builder()
            .conditionOnPrevTokens(json.path("condition_on_prev_tokens").asBoolean());
    JsonNode temperature = json.path("temperature");
    if (temperature.isArray()) {
      double[] values = new double[temperature.size()];
      for (int i = 0; i < values.length; i++) {
        values[i] = temperature.get(i).asDouble();
      }
      options.temperatures(values);
    } else if (temperature.isNumber()) {
      options.temperatures(temperature.asDouble());
    }
    if (json.has("compression_ratio_threshold")) {
      options.compressionRatioThreshold(json.get("compression_ratio_threshold").asDouble());
    }
    if (json.has("logprob_threshold")) {
      options.logprobThreshold(json.get("logprob_threshold").asDouble());
    }
    if (json.has("no_speech_threshold")) {
      options.noSpeechThreshold(json.get("no_speech_threshold").asDouble());
    }
    if (json.has("prompt_ids")) {
      options
          .promptIds(Golden.ints(json.get("prompt_ids")))
          .promptForAllSegments(json.path("prompt_condition_type").asText().equals("all-segments"));
    }
    return options.build();
  }
}
