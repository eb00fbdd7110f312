package dev.sampo.sound;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.io.NpyArray;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Every case of the golden folder {@code speech}, against transformers' VITS and SpeechT5. */
class SpeechGoldenTest {
  @TestFactory
  List<DynamicTest> speak_whenVits_thenSoundOfTransformers() {
    List<DynamicTest> tests = new ArrayList<>();
    for (Path at : SoundFixtures.cases("speech", "vits")) {
      tests.add(DynamicTest.dynamicTest(SoundFixtures.name(at), () -> vits(at)));
    }
    return tests;
  }

  private static void vits(Path at) {
    JsonNode g = SoundFixtures.json(at.resolve("case.json"));
    List<String> texts = new ArrayList<>();
    g.get("text").forEach(t -> texts.add(t.asText()));
    SpeechRequest.Builder b =
        SpeechRequest.builder()
            .texts(texts)
            .noiseScale(g.get("noise_scale").asDouble())
            .noiseScaleDuration(g.get("noise_scale_duration").asDouble())
            .speakingRate(g.get("speaking_rate").asDouble());
    if (g.hasNonNull("seed")) {
      b.seed(g.get("seed").asLong());
    }
    try (SpeechPipeline voice = SpeechPipeline.open(SoundFixtures.model(at))) {
      assertEquals(g.get("sampling_rate").asInt(), voice.sampleRateHz());
      SpeechResult said = voice.speak(b.build());
      NpyArray ids = SoundFixtures.npy(at.resolve("input_ids.npy"));
      NpyArray durations = SoundFixtures.npy(at.resolve("durations.npy"));
      NpyArray waveform = SoundFixtures.npy(at.resolve("waveform.npy"));
      NpyArray spectrogram = SoundFixtures.npy(at.resolve("spectrogram.npy"));
      int length = (int) ids.shape()[1];
      int total = (int) waveform.shape()[1];
      int channels = (int) spectrogram.shape()[1];
      int frames = (int) spectrogram.shape()[2];
      for (int i = 0; i < texts.size(); i++) {
        Utterance one = said.utterances().get(i);
        long[] wantedIds = Arrays.copyOfRange(ids.toLongs(), i * length, (i + 1) * length);
        assertArrayEquals(
            wantedIds,
            Arrays.stream(Arrays.copyOf(one.inputIds(), length)).asLongStream().toArray(),
            "input_ids");
        double spoken = 0;
        for (int j = 0; j < length; j++) {
          spoken += durations.toDoubles()[i * length + j];
        }
        assertEquals((int) spoken, one.frameCount(), "frames");
        assertEquals(g.get("sequence_lengths").get(i).asInt(), one.samples().length, "samples");
        float[] wave =
            Arrays.copyOfRange(waveform.toFloats(), i * total, i * total + one.samples().length);
        SoundFixtures.close("waveform", wave, one.samples(), 1e-4);
        float[] latents = new float[one.frameCount() * channels];
        for (int f = 0; f < one.frameCount(); f++) {
          for (int c = 0; c < channels; c++) {
            latents[f * channels + c] = spectrogram.toFloats()[(i * channels + c) * frames + f];
          }
        }
        SoundFixtures.close("spectrogram", latents, one.spectrogram(), 1e-3);
      }
    }
  }

  @TestFactory
  List<DynamicTest> speak_whenSpeechT5_thenSoundOfTransformers() {
    List<DynamicTest> tests = new ArrayList<>();
    for (Path at : SoundFixtures.cases("speech", "speecht5")) {
      tests.add(DynamicTest.dynamicTest(SoundFixtures.name(at), () -> speechT5(at)));
    }
    return tests;
  }

  private static void speechT5(Path at) {
    JsonNode g = SoundFixtures.json(at.resolve("case.json"));
    SpeechRequest.Builder b =
        SpeechRequest.builder()
            .texts(g.get("text").asText())
            .speakerEmbedding(SoundFixtures.npy(at.resolve("speaker_embeddings.npy")).toFloats());
    for (Map.Entry<String, JsonNode> argument : g.get("arguments").properties()) {
      double value = argument.getValue().asDouble();
      switch (argument.getKey()) {
        case "threshold" -> b.threshold(value);
        case "minlenratio" -> b.minLengthRatio(value);
        case "maxlenratio" -> b.maxLengthRatio(value);
        default -> throw new AssertionError("No test knows the argument " + argument);
      }
    }
    try (SpeechPipeline voice = SpeechPipeline.open(SoundFixtures.model(at))) {
      SpeechResult said = voice.speak(b.build());
      Utterance one = said.utterances().get(0);
      assertArrayEquals(
          SoundFixtures.npy(at.resolve("input_ids.npy")).toLongs(),
          Arrays.stream(one.inputIds()).asLongStream().toArray(),
          "input_ids");
      assertEquals(g.get("steps").asLong(), said.timings().steps(), "steps");
      SoundFixtures.close(
          "stop_probabilities",
          SoundFixtures.npy(at.resolve("stop_probabilities.npy")).toFloats(),
          one.endProbabilities(),
          1e-4);
      SoundFixtures.close(
          "raw_spectrogram",
          SoundFixtures.npy(at.resolve("raw_spectrogram.npy")).toFloats(),
          one.spectrogram(),
          1e-4);
      SoundFixtures.close(
          "waveform",
          SoundFixtures.npy(at.resolve("waveform.npy")).toFloats(),
          one.samples(),
          1e-4);
    }
  }
}
