package dev.sampo.sound;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.io.NpyArray;
import dev.sampo.model.ModelFolder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Every case of the golden folder {@code music}: codes of transformers' MusicGen exactly, sound to 1e-5. */
class MusicGoldenTest {
  @TestFactory
  List<DynamicTest> compose_whenGoldenCase_thenCodesAndSoundOfTransformers() {
    List<DynamicTest> tests = new ArrayList<>();
    for (Path at : SoundFixtures.cases("music", "musicgen")) {
      tests.add(DynamicTest.dynamicTest(SoundFixtures.name(at), () -> check(at)));
    }
    return tests;
  }

  private static void check(Path at) {
    try (MusicPipeline model = MusicPipeline.open(SoundFixtures.model(at))) {
      MusicResult made = model.compose(request(at, model.codebookCount()));
      NpyArray codes = SoundFixtures.npy(at.resolve("audio_codes.npy"));
      assertArrayEquals(codes.toLongs(), flat(made.codes()), "audio_codes");
      NpyArray values = SoundFixtures.npy(at.resolve("audio_values.npy"));
      assertEquals(values.shape()[1], model.channelCount());
      SoundFixtures.close("audio_values", values.toFloats(), flat(made.samples()), 1e-5);
    }
  }

  @TestFactory
  List<DynamicTest> mask_whenGoldenCase_thenPatternOfTransformers() {
    List<DynamicTest> tests = new ArrayList<>();
    for (Path at : SoundFixtures.cases("music", "musicgen")) {
      tests.add(
          DynamicTest.dynamicTest(
              SoundFixtures.name(at),
              () -> {
                JsonNode config =
                    SoundFixtures.json(SoundFixtures.model(at).resolve("config.json"));
                JsonNode net = config.get("decoder");
                NpyArray wanted = SoundFixtures.npy(at.resolve("delay_pattern_mask.npy"));
                int pad = net.get("pad_token_id").asInt();
                int[][] start = start(at, (int) wanted.shape()[0], pad);
                DelayPattern pattern =
                    new DelayPattern(
                        start,
                        net.get("num_codebooks").asInt(),
                        net.path("audio_channels").asInt(1),
                        (int) wanted.shape()[1],
                        pad);
                long[] got =
                    java.util.Arrays.stream(pattern.mask())
                        .flatMapToInt(java.util.Arrays::stream)
                        .asLongStream()
                        .toArray();
                assertArrayEquals(wanted.toLongs(), got);
              }));
    }
    return tests;
  }

  private static int[][] start(Path at, int rows, int pad) {
    NpyArray given =
        Files.exists(at.resolve("decoder_input_ids.npy"))
            ? SoundFixtures.npy(at.resolve("decoder_input_ids.npy"))
            : NpyArray.ofLongs(new long[0], rows, 0);
    int frames = (int) given.shape()[1];
    int[][] start = new int[rows][frames + 1];
    for (int r = 0; r < rows; r++) {
      start[r][0] = pad;
      for (int i = 0; i < frames; i++) {
        start[r][i + 1] = (int) given.toLongs()[r * frames + i];
      }
    }
    return start;
  }

  private static MusicRequest request(Path at, int codebooks) {
    JsonNode g = SoundFixtures.json(at.resolve("case.json"));
    MusicRequest.Builder b = MusicRequest.builder().seed(g.get("seed").asLong());
    List<String> texts = new ArrayList<>();
    g.path("text").forEach(t -> texts.add(t.asText()));
    b.texts(texts);
    if (g.hasNonNull("unconditional")) {
      b.count(g.get("unconditional").asInt());
    }
    if (Files.exists(at.resolve("decoder_input_ids.npy"))) {
      NpyArray ids = SoundFixtures.npy(at.resolve("decoder_input_ids.npy"));
      int rows = (int) ids.shape()[0];
      int frames = (int) ids.shape()[1];
      List<int[][]> codes = new ArrayList<>();
      for (int s = 0; s < rows / codebooks; s++) {
        int[][] sound = new int[codebooks][frames];
        for (int k = 0; k < codebooks; k++) {
          for (int i = 0; i < frames; i++) {
            sound[k][i] = (int) ids.toLongs()[(s * codebooks + k) * frames + i];
          }
        }
        codes.add(sound);
      }
      b.codes(codes);
    }
    for (Map.Entry<String, JsonNode> argument : g.get("arguments").properties()) {
      JsonNode value = argument.getValue();
      switch (argument.getKey()) {
        case "do_sample" -> b.doSample(value.asBoolean());
        case "guidance_scale" -> b.guidanceScale(value.asDouble());
        case "max_new_tokens" -> b.maxNewTokens(value.asInt());
        case "max_length" -> b.maxLength(value.asInt());
        case "temperature" -> b.temperature(value.asDouble());
        case "top_k" -> b.topK(value.asInt());
        case "top_p" -> b.topP(value.asDouble());
        default -> throw new AssertionError("No test knows the argument " + argument);
      }
    }
    return b.build();
  }

  @TestFactory
  List<DynamicTest> encodeToIds_whenGoldenText_thenIdsOfTransformers() {
    List<DynamicTest> tests = new ArrayList<>();
    for (Path at : SoundFixtures.cases("music", "musicgen")) {
      if (Files.exists(at.resolve("input_ids.npy"))) {
        tests.add(
            DynamicTest.dynamicTest(
                SoundFixtures.name(at),
                () -> {
                  NpyArray wanted = SoundFixtures.npy(at.resolve("input_ids.npy"));
                  JsonNode texts = SoundFixtures.json(at.resolve("case.json")).get("text");
                  int width = (int) wanted.shape()[1];
                  for (int i = 0; i < texts.size(); i++) {
                    int[] got =
                        ModelFolder.open(SoundFixtures.model(at))
                            .requireTokenizer()
                            .encodeToIds(texts.get(i).asText());
                    for (int j = 0; j < width; j++) {
                      long id = j < got.length ? got[j] : 0;
                      assertEquals(wanted.toLongs()[i * width + j], id, "id " + j);
                    }
                  }
                }));
      }
    }
    return tests;
  }

  private static long[] flat(int[][][] codes) {
    return java.util.Arrays.stream(codes)
        .flatMap(java.util.Arrays::stream)
        .flatMapToInt(java.util.Arrays::stream)
        .asLongStream()
        .toArray();
  }

  private static float[] flat(float[][][] samples) {
    int each = samples[0][0].length;
    int channels = samples[0].length;
    float[] all = new float[samples.length * channels * each];
    for (int i = 0; i < samples.length; i++) {
      for (int c = 0; c < channels; c++) {
        System.arraycopy(samples[i][c], 0, all, (i * channels + c) * each, each);
      }
    }
    return all;
  }
}
