package dev.sampo.diffusion.staged;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.Timings;
import dev.sampo.error.CancelledException;
import dev.sampo.error.RequestException;
import dev.sampo.internal.DenoiserCall;
import dev.sampo.internal.PromptReader;
import dev.sampo.internal.PromptReader.Reading;
import dev.sampo.internal.RandomStreams;
import dev.sampo.internal.SchedulerFiles;
import dev.sampo.internal.Sizes;
import dev.sampo.model.ModelFolder;
import dev.sampo.picture.PictureBatch;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.Graph;
import dev.sampo.runtime.Shape;
import dev.sampo.samplers.diffusion.DiffusionRun;
import dev.sampo.samplers.diffusion.SchedulerConfig;
import dev.sampo.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One request to a cascade: text, then stage after stage. */
final class CascadeJob {
  private static final int TEXT_LENGTH = 77;

  private final ModelFolder folder;
  private final GraphCascade cascade;
  private final StagedRequest request;
  private final CancellationToken token;
  private final int stageCount;
  private final int batch;
  private final RandomStreams noise;
  private final long begin = System.nanoTime();
  private final List<PictureBatch> stages = new ArrayList<>();
  private long loadNanos;
  private long textNanos;
  private long modelNanos;
  private long steps;

  CascadeJob(ModelFolder folder, GraphCascade cascade, StagedRequest request) {
    this.folder = folder;
    this.cascade = cascade;
    this.stageCount = cascade.stageCount();
    this.request = request;
    this.token = request.cancellation();
    if (request.prompts().isEmpty()) {
      throw new RequestException("prompt", "The model " + folder.name() + " wants a prompt.");
    }
    if (request.embeddings() != null) {
      throw new RequestException("embeddings", "A cascade takes prompts, not embeddings.");
    }
    if (request.widthPx() != null || request.heightPx() != null) {
      throw new RequestException(
          request.widthPx() != null ? "widthPx" : "heightPx",
          "The stages of a cascade have sizes of their own. Leave the size out.");
    }
    this.batch = Math.multiplyExact(request.prompts().size(), request.count());
    this.noise = new RandomStreams(request.seed(), request.seeds(), batch);
  }

  StagedResult generate() {
    try {
      Reading positive;
      Reading negative = null;
      try (PromptReader text = text()) {
        positive = read(text, request.prompts());
        for (int s = 0; s < stageCount && negative == null; s++) {
          if (scale(s) > 1) {
            int rows = request.prompts().size();
            negative = read(text, PromptReader.negatives(request.negativePrompts(), rows));
          }
        }
      }
      textNanos = System.nanoTime() - begin;
      for (int s = 0; s < stageCount; s++) {
        token.throwIfCancelled();
        stages.add(stage(s, positive, negative));
      }
      return result(stages.get(stageCount - 1));
    } catch (CancelledException e) {
      throw new CancelledException(
          "Cancelled in stage " + (stages.size() + 1) + " of " + stageCount, e, result(null));
    }
  }

  private PromptReader text() {
    long start = System.nanoTime();
    Path encoder = folder.graph("text_encoder").path();
    Path tokenizer = encoder.getParent().resolveSibling("tokenizer");
    PromptReader reader =
        new PromptReader(cascade.load("text_encoder"), Tokenizer.fromFolder(tokenizer));
    loadNanos += System.nanoTime() - start;
    return reader;
  }

  /** Lower case without white space at its ends: the reference without its caption cleaner. */
  private Reading read(PromptReader text, List<String> prompts) {
    List<String> prepared = new ArrayList<>();
    for (String prompt : prompts) {
      prepared.add(prompt.toLowerCase(Locale.ROOT).trim());
    }
    return text.read(prepared, TEXT_LENGTH, token).repeated(request.count());
  }

  private double scale(int stage) {
    return request.scale(stage, stage == 0 ? 7.0 : 4.0);
  }

  private int steps(int stage) {
    return request.steps(stage, stage == 0 ? 100 : 50);
  }

  private long totalSteps() {
    long sum = 0;
    for (int s = 0; s < stageCount; s++) {
      sum += steps(s);
    }
    return sum;
  }

  /** A file beside a stage's network, relative to the folder. */
  private String beside(int stage, String file) {
    Path network = folder.graph("stage_" + (stage + 1)).path();
    Path path = network.getParent().resolve(file).normalize();
    return folder.root().normalize().relativize(path).toString().replace('\\', '/');
  }

  private PictureBatch stage(int s, Reading positive, @Nullable Reading negative) {
    JsonNode network = folder.jsonOrEmpty(beside(s, "config.json"));
    Path file = folder.root().resolve(beside(s, "config.json"));
    int height = Sizes.side(network, file, "sample_size", false, 64);
    int width = Sizes.side(network, file, "sample_size", true, 64);
    int inputs = Sizes.stated(network, file, "in_channels", s == 0 ? 3 : 6, Sizes.MOST_CHANNELS);
    int channels = s == 0 ? inputs : inputs / 2;
    SchedulerConfig settings =
        request.config(s, folder, beside(s, "../scheduler/scheduler_config.json"));
    StageWalk walk = new StageWalk(request, s, steps, totalSteps(), settings);
    DiffusionRun run = walk.start(steps(s), batch, channels, height * width, noise.source());
    float[] x = noise.randn(Sizes.elements("count", "Pictures", batch, channels, height, width));
    for (int j = 0; j < x.length; j++) {
      x[j] = (float) (x[j] * run.initNoiseSigma());
    }
    float[] small = s == 0 ? new float[0] : noised(s, height, width);
    double scale = scale(s);
    Reading text = scale > 1 && negative != null ? negative.then(positive) : positive;
    int rows = text.batch();
    PictureBatch shape = PictureBatch.of(batch, channels, height, width, x);
    long start = System.nanoTime();
    try (Graph graph = cascade.load("stage_" + (s + 1));
        DenoiserCall call = call(graph, rows, inputs, channels, height, width, text, small)) {
      loadNanos += System.nanoTime() - start;
      walk.walk(run, x, shape, call, inputs, scale, rows / batch, folder.name());
      modelNanos += call.nanos();
    }
    steps += run.index();
    return PictureBatch.of(batch, channels, height, width, x);
  }

  private DenoiserCall call(
      Graph graph,
      int rows,
      int inputs,
      int channels,
      int height,
      int width,
      Reading text,
      float[] small) {
    Shape out = graph.outputs().get("out_sample").shape();
    int answers = out.dim(1) > 0 ? (int) out.dim(1) : 2 * channels;
    DenoiserCall call =
        new DenoiserCall(
            graph,
            "sample",
            Shape.of(rows, inputs, height, width),
            "out_sample",
            Shape.of(rows, answers, height, width));
    Shape features = Shape.of(rows, text.length(), text.width());
    call.bind("encoder_hidden_states", features, text.states());
    long[] level = new long[rows];
    Arrays.fill(level, request.noiseLevel());
    call.bind("class_labels", Shape.of(rows), level);
    int n = channels * height * width;
    for (int r = 0; r < rows && small.length > 0; r++) {
      call.set((r * inputs + channels) * height * width, small, (r % batch) * n, n);
    }
    return call;
  }

  /** The picture of the stage before, enlarged and noised to {@code noiseLevel}. */
  private float[] noised(int s, int height, int width) {
    float[] large = enlarged(stages.get(s - 1), height, width);
    float[] fresh = noise.randn(large.length);
    String file = beside(s, "../image_noising_scheduler/scheduler_config.json");
    SchedulerConfig own = SchedulerFiles.read(folder, file);
    float[] out = new float[large.length];
    SchedulerFiles.scheduler(folder, file, own)
        .marginal(request.noiseLevel())
        .addNoise(large, fresh, out);
    return out;
  }

  /** Bilinear, the corners' centres on one another, as PyTorch with align_corners. */
  private static float[] enlarged(PictureBatch from, int height, int width) {
    float[] in = from.toArray();
    int h = from.heightPx();
    int w = from.widthPx();
    int planes = from.count() * from.channels();
    float[] out = new float[planes * height * width];
    double sy = height > 1 ? (h - 1) / (double) (height - 1) : 0;
    double sx = width > 1 ? (w - 1) / (double) (width - 1) : 0;
    for (int y = 0; y < height; y++) {
      int y0 = (int) (y * sy);
      int y1 = Math.min(h - 1, y0 + 1);
      double fy = y * sy - y0;
      for (int x = 0; x < width; x++) {
        int x0 = (int) (x * sx);
        int x1 = Math.min(w - 1, x0 + 1);
        double fx = x * sx - x0;
        for (int p = 0; p < planes; p++) {
          int at = p * h * w;
          double top = (1 - fx) * in[at + y0 * w + x0] + fx * in[at + y0 * w + x1];
          double bottom = (1 - fx) * in[at + y1 * w + x0] + fx * in[at + y1 * w + x1];
          out[(p * height + y) * width + x] = (float) ((1 - fy) * top + fy * bottom);
        }
      }
    }
    return out;
  }

  private StagedResult result(@Nullable PictureBatch last) {
    long end = System.nanoTime();
    Timings timings =
        new Timings(
            loadNanos / 1e6,
            textNanos / 1e6,
            Math.max(0, end - begin - textNanos) / 1e6,
            modelNanos / 1e6,
            (end - begin) / 1e6,
            steps);
    PictureBatch pictures =
        last == null ? PictureBatch.of(0, 3, 1, 1, new float[0]) : Pictures.unit(last);
    return new StagedResult(pictures, stages, noise.seed(), settings(), timings);
  }

  private Map<String, String> settings() {
    Map<String, String> s = new LinkedHashMap<>();
    s.put("model", folder.name());
    s.put("prompt", String.join("\n", request.prompts()));
    if (!request.negativePrompts().isEmpty()) {
      s.put("negative_prompt", String.join("\n", request.negativePrompts()));
    }
    s.put("seed", String.valueOf(noise.seed()));
    for (int k = 0; k < stageCount; k++) {
      s.put("stage_" + (k + 1), steps(k) + " steps, guidance " + scale(k));
    }
    s.put("noise_level", String.valueOf(request.noiseLevel()));
    return s;
  }
}
