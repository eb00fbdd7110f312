package dev.sampo.video;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.fail;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.error.CancelledException;
import dev.sampo.internal.PromptTokens;
import dev.sampo.io.NpyArray;
import dev.sampo.picture.PictureBatch;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.samplers.diffusion.SchedulerConfig;
import dev.sampo.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Every case under {@code video/}: tokens, every step, the latents and the frames. */
class VideoPipelineGoldenTest {
  private static final double BOUND = 1e-3;

  @TestFactory
  List<DynamicTest> videos_whenSeeded_thenTheReferencesFrames() {
    List<DynamicTest> tests = new ArrayList<>();
    for (Path folder : Golden.folders("video", "case.json")) {
      Path model = folder.getParent().resolveSibling("model");
      String name = model.getParent().getFileName() + "/" + folder.getFileName();
      tests.add(DynamicTest.dynamicTest(name, () -> check(model, folder)));
    }
    return tests;
  }

  @TestFactory
  List<DynamicTest> prompts_whenTokenized_thenIdsOfTheReference() {
    List<DynamicTest> tests = new ArrayList<>();
    for (Path folder : Golden.folders("video", "tokens.json")) {
      Path tokenizer = folder.resolveSibling("model").resolve("tokenizer");
      tests.add(
          DynamicTest.dynamicTest(
              folder.getParent().getFileName().toString(),
              () -> checkTokens(folder.resolve("tokens.json"), tokenizer)));
    }
    return tests;
  }

  private static void checkTokens(Path file, Path tokenizer) {
    for (JsonNode entry : Golden.json(file)) {
      JsonNode ids = entry.has("input_ids") ? entry.get("input_ids") : entry.get("ids");
      long[] wanted = new long[ids.size()];
      for (int i = 0; i < wanted.length; i++) {
        wanted[i] = ids.get(i).asLong();
      }
      PromptTokens tokens = new PromptTokens(Tokenizer.fromFolder(tokenizer), wanted.length);
      String text = entry.get("text").asText();
      assertArrayEquals(wanted, tokens.encode(text, true, new long[wanted.length]), text);
    }
  }

  private static VideoRequest.Builder request(JsonNode g) {
    VideoRequest.Builder b = VideoRequest.builder();
    b.schedulerConfig(SchedulerConfig.parse(g.get("scheduler_config").toString()));
    if (g.hasNonNull("seed_list")) {
      long[] seeds = new long[g.get("seed_list").size()];
      for (int i = 0; i < seeds.length; i++) {
        seeds[i] = g.get("seed_list").get(i).asLong();
      }
      b.seeds(seeds);
    } else {
      b.seed(g.get("seed").asLong());
    }
    Integer width = null;
    Integer height = null;
    for (Map.Entry<String, JsonNode> arg : g.get("arguments").properties()) {
      JsonNode v = arg.getValue();
      switch (arg.getKey()) {
        case "prompt" -> b.prompt(Golden.strings(v));
        case "negative_prompt" -> b.negativePrompt(Golden.strings(v));
        case "width" -> width = v.asInt();
        case "height" -> height = v.asInt();
        case "num_frames" -> b.numFrames(v.asInt());
        case "frame_rate" -> b.frameRate(v.asDouble());
        case "num_inference_steps" -> b.numInferenceSteps(v.asInt());
        case "guidance_scale" -> b.guidanceScale(v.asDouble());
        case "guidance_scale_2" -> b.guidanceScale2(v.isNull() ? null : v.asDouble());
        case "guidance_rescale" -> b.guidanceRescale(v.asDouble());
        case "max_sequence_length" -> b.maxSequenceLength(v.asInt());
        case "num_videos_per_prompt" -> b.count(v.asInt());
        case "decode_timestep" -> b.decodeTimestep(v.isNull() ? 0 : number(v));
        case "decode_noise_scale" -> b.decodeNoiseScale(v.isNull() ? null : number(v));
        default -> fail("No test knows the argument " + arg);
      }
    }
    return b.size(width, height);
  }

  /** A number, or the one that a list repeats. */
  private static double number(JsonNode v) {
    return v.isArray() ? v.get(0).asDouble() : v.asDouble();
  }

  /** The layout of the golden file: as a list of tokens, or in five dimensions. */
  private static float[] laidOut(List<PictureBatch> videos, int rank) {
    PictureBatch one = videos.get(0);
    int plane = one.heightPx() * one.widthPx();
    int frames = one.count();
    int c = one.channels();
    float[] out = new float[videos.size() * frames * c * plane];
    for (int b = 0; b < videos.size(); b++) {
      float[] in = videos.get(b).toArray();
      for (int f = 0; f < frames; f++) {
        for (int k = 0; k < c; k++) {
          for (int p = 0; p < plane; p++) {
            int to =
                rank == 3
                    ? ((b * frames + f) * plane + p) * c + k
                    : ((b * c + k) * frames + f) * plane + p;
            out[to] = in[(f * c + k) * plane + p];
          }
        }
      }
    }
    return out;
  }

  private static void check(Path model, Path folder) {
    JsonNode g = Golden.json(folder.resolve("case.json"));
    int rank = g.get("latents_shape").size();
    List<float[]> steps = new ArrayList<>();
    List<Double> times = new ArrayList<>();
    try (VideoPipeline pipeline = VideoPipeline.open(model)) {
      VideoRequest request =
          request(g)
              .progress(
                  step -> {
                    times.add(step.timestep());
                    steps.add(laidOut(step.sample(), rank));
                  })
              .build();
      VideoResult result = pipeline.generate(request);
      JsonNode wanted = g.get("timesteps_run");
      assertEquals(wanted.size(), times.size(), "steps");
      for (int i = 0; i < times.size(); i++) {
        assertEquals(wanted.get(i).asDouble(), times.get(i), 1e-3, "timestep " + i);
      }
      float[] all = Golden.npy(folder.resolve("step_latents.npy")).toFloats();
      int n = all.length / steps.size();
      for (int i = 0; i < steps.size(); i++) {
        Golden.close("step " + i, Arrays.copyOfRange(all, i * n, (i + 1) * n), steps.get(i), BOUND);
      }
      float[] last = Golden.npy(folder.resolve("final_latents.npy")).toFloats();
      Golden.close("latents", last, laidOut(result.latents(), rank), BOUND);
      NpyArray frames = Golden.npy(folder.resolve("frames.npy"));
      PictureBatch first = result.videos().get(0);
      long[] shape = {
        result.videos().size(), first.count(), first.heightPx(), first.widthPx(), first.channels()
      };
      assertArrayEquals(frames.shape(), shape);
      Golden.close("frames", frames.toFloats(), Golden.channelsLast(result.videos()), BOUND);
    }
  }

  private static List<Path> models() {
    return Golden.folders("video", "model_index.json");
  }

  @Test
  void generate_whenCancelledAtAStep_thenWhatIsLeftGoesOnToTheSameVideo() {
    for (Path model : models()) {
      try (VideoPipeline pipeline = VideoPipeline.open(model)) {
        CancellationToken token = new CancellationToken();
        int px = 2 * pipeline.sizeMultiplePx();
        VideoRequest request =
            VideoRequest.builder()
                .prompt("a boat")
                .size(px, px)
                .numFrames(pipeline.frameMultiple() + 1)
                .numInferenceSteps(4)
                .build();
        VideoRequest cancelled =
            request.toBuilder()
                .cancellation(token)
                .progress(
                    step -> {
                      if (step.done() == 2) {
                        assertEquals(px, step.preview().widthPx());
                        token.cancel();
                      }
                    })
                .build();
        CancelledException e =
            assertThrows(CancelledException.class, () -> pipeline.generate(cancelled));
        VideoResult left = e.partial(VideoResult.class);
        assertEquals(List.of(), left.videos());
        VideoResult whole = pipeline.generate(request.toBuilder().seed(left.seed()).build());
        VideoResult rest = pipeline.generate(request.toBuilder().resume(left.state()).build());
        assertEquals(whole.videos(), rest.videos());
        assertEquals(left.seed(), rest.seed());
      }
    }
  }

  @Test
  void generate_whenTiled_thenCloseToTheWhole() {
    Path model = models().get(0);
    try (VideoPipeline pipeline = VideoPipeline.open(model)) {
      VideoRequest request =
          VideoRequest.builder()
              .prompt("a boat")
              .seed(3)
              .size(64, 48)
              .numFrames(pipeline.frameMultiple() + 1)
              .numInferenceSteps(2)
              .build();
      float[] whole = pipeline.generate(request).videos().get(0).toArray();
      float[] tiled =
          pipeline.generate(request.toBuilder().tilePx(32).build()).videos().get(0).toArray();
      double sum = 0;
      for (int j = 0; j < whole.length; j++) {
        sum += Math.abs(whole[j] - tiled[j]);
      }
      assertEquals(0, sum / whole.length, 0.1);
    }
  }

  @Test
  void unescaped_whenEntities_thenTheirCharacters() {
    assertEquals(
        "a & b < \u20ac A \u2026 &nope;",
        HtmlText.unescaped("a &amp; b &lt; &#8364; &#x41; &hellip; &nope;"));
  }
}
