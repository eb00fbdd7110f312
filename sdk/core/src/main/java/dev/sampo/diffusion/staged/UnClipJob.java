package dev.sampo.diffusion.staged;

import dev.sampo.Timings;
import dev.sampo.error.CancelledException;
import dev.sampo.error.RequestException;
import dev.sampo.internal.DenoiserCall;
import dev.sampo.internal.PromptReader;
import dev.sampo.internal.PromptReader.Reading;
import dev.sampo.internal.RandomStreams;
import dev.sampo.internal.Sizes;
import dev.sampo.picture.PictureBatch;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.Outputs;
import dev.sampo.runtime.Shape;
import dev.sampo.runtime.Tensor;
import dev.sampo.samplers.diffusion.DiffusionRun;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One request to an unCLIP model: the prior, unless embeddings are given, then the decoder; one random stream through both. */
final class UnClipJob {
  private static final int TEXT_LENGTH = 77;
  private static final int PRIOR_STEPS = 25;
  private static final int DECODER_STEPS = 100;
  private static final int DEFAULT_PX = 512;
  private static final double SCALE = 4.0;

  private final GraphUnClip model;
  private final StagedRequest request;
  private final CancellationToken token;
  private final int batch;
  private final RandomStreams noise;
  private final List<PictureBatch> stages = new ArrayList<>();
  private final long begin = System.nanoTime();
  private long loopBegin = begin;
  private long modelNanos;
  private long steps;

  UnClipJob(GraphUnClip model, StagedRequest request) {
    this.model = model;
    this.request = request;
    this.token = request.cancellation();
    Embeddings given = request.embeddings();
    if (given != null && given.width() != model.width) {
      throw new RequestException(
          "embeddings",
          "The model "
              + model.name()
              + " takes embeddings of "
              + model.width
              + " values, got "
              + given.width()
              + ".");
    }
    if (given == null && request.prompts().isEmpty()) {
      throw new RequestException(
          "prompt", "The model " + model.name() + " wants a prompt, or embeddings.");
    }
    int rows = given != null ? given.count() : request.prompts().size();
    this.batch = Math.multiplyExact(rows, request.count());
    this.noise = new RandomStreams(request.seed(), request.seeds(), batch);
  }

  StagedResult generate() {
    try {
      Embeddings given = request.embeddings();
      Embeddings embeddings = given != null ? repeated(given) : prior();
      PictureBatch latents = decode(embeddings);
      return result(Pictures.unit(pictures(latents)));
    } catch (CancelledException e) {
      throw new CancelledException(
          "Cancelled in stage " + (stages.size() + 1) + " of 2", e, result(null));
    }
  }

  private Embeddings repeated(Embeddings e) {
    int n = request.count();
    float[] positive = new float[batch * e.width()];
    float[] negative = new float[batch * e.width()];
    for (int b = 0; b < batch; b++) {
      System.arraycopy(e.positive(), b / n * e.width(), positive, b * e.width(), e.width());
      System.arraycopy(e.negative(), b / n * e.width(), negative, b * e.width(), e.width());
    }
    return new Embeddings(batch, positive, negative);
  }

  private int priorSteps() {
    return request.steps(0, PRIOR_STEPS);
  }

  private int decoderSteps() {
    return request.steps(1, DECODER_STEPS);
  }

  private long total() {
    return (request.embeddings() == null ? priorSteps() : 0) + (long) decoderSteps();
  }

  // ---- prior

  Embeddings prior() {
    List<String> prompts = request.prompts();
    int given = prompts.size();
    List<String> negatives = PromptReader.negatives(request.negativePrompts(), given);
    boolean doubled = !request.negativePrompts().isEmpty();
    List<String> all = new ArrayList<>(prompts);
    List<String> against = new ArrayList<>(negatives);
    if (doubled) {
      // The negative prompts go through the prior too, guided by themselves.
      all.addAll(negatives);
      against.addAll(negatives);
    }
    double scale = request.scale(0, SCALE);
    Reading text = model.text.read(all, TEXT_LENGTH, token).repeated(request.count());
    Reading bound =
        scale > 1
            ? model.text.read(against, TEXT_LENGTH, token).repeated(request.count()).then(text)
            : text;
    int samples = text.batch();
    StageWalk walk =
        new StageWalk(
            request, 0, 0, total(), request.config(0, model.folder, GraphUnClip.PRIOR_SCHEDULER));
    DiffusionRun run = walk.start(priorSteps(), samples, model.width, 1, noise.source());
    float[] x = noise.randn(samples * model.width);
    PictureBatch shape = PictureBatch.of(samples, model.width, 1, 1, x);
    loopBegin = System.nanoTime();
    Shape io = Shape.of(bound.batch(), model.width);
    try (DenoiserCall call =
        new DenoiserCall(model.prior, "hidden_states", io, "predicted_image_embedding", io)) {
      call.bind("proj_embedding", Shape.of(bound.batch(), bound.vectorWidth()), bound.vectors());
      call.bind(
          "encoder_hidden_states",
          Shape.of(bound.batch(), bound.length(), bound.width()),
          bound.states());
      call.bind("attention_mask", Shape.of(bound.batch(), bound.length()), bound.mask());
      walk.walk(run, x, shape, call, model.width, scale, bound.batch() / samples, model.name());
      modelNanos += call.nanos();
    }
    steps += run.index();
    float[] vectors = model.unscaled(x);
    int n = batch * model.width;
    float[] positive = Arrays.copyOf(vectors, n);
    float[] negative =
        doubled ? Arrays.copyOfRange(vectors, n, 2 * n) : model.nothing(batch, token);
    stages.add(PictureBatch.of(batch, model.width, 1, 1, positive));
    return new Embeddings(batch, positive, negative);
  }

  // ---- decoder

  /** Rounded up to a multiple of the square of the factor, as the reference does. */
  private int positions(@Nullable Integer px) {
    int asked = px == null ? DEFAULT_PX : px;
    int square = model.factor * model.factor;
    if (asked < 1) {
      throw new RequestException("size", "A picture has at least 1 pixel, got " + asked + ".");
    }
    return (asked + square - 1) / square * model.factor;
  }

  private PictureBatch decode(Embeddings e) {
    int height = positions(request.heightPx());
    int width = positions(request.widthPx());
    int channels = model.channels;
    double scale = request.scale(1, SCALE);
    int halves = scale > 1 ? 2 : 1;
    StageWalk walk =
        new StageWalk(
            request,
            1,
            steps,
            total(),
            request.config(1, model.folder, GraphUnClip.DECODER_SCHEDULER));
    DiffusionRun run = walk.start(decoderSteps(), batch, channels, height * width, noise.source());
    float[] x = noise.randn(Sizes.elements("size", "Pictures", batch, channels, height, width));
    for (int j = 0; j < x.length; j++) {
      x[j] = (float) (x[j] * run.initNoiseSigma());
    }
    PictureBatch shape = PictureBatch.of(batch, channels, height, width, x);
    int rows = halves * batch;
    Shape declared = model.unet.outputs().get("out_sample").shape();
    int answers = declared.dim(1) > 0 ? (int) declared.dim(1) : 2 * channels;
    if (loopBegin == begin) {
      loopBegin = System.nanoTime();
    }
    try (DenoiserCall call =
        new DenoiserCall(
            model.unet,
            "sample",
            Shape.of(rows, channels, height, width),
            "out_sample",
            Shape.of(rows, answers, height, width))) {
      float[] bound = new float[rows * model.width];
      float[] first = halves == 2 ? e.negative() : e.positive();
      System.arraycopy(first, 0, bound, 0, first.length);
      if (halves == 2) {
        System.arraycopy(e.positive(), 0, bound, first.length, first.length);
      }
      call.bind("image_embeds", Shape.of(rows, model.width), bound);
      walk.walk(run, x, shape, call, channels, scale, halves, model.name());
      modelNanos += call.nanos();
    }
    steps += run.index();
    PictureBatch latents = PictureBatch.of(batch, channels, height, width, x);
    stages.add(latents);
    return latents;
  }

  private PictureBatch pictures(PictureBatch z) {
    Shape shape = Shape.of(z.count(), z.channels(), z.heightPx(), z.widthPx());
    try (Tensor latents =
            Tensor.floatsAs(model.movq.inputs().get("latent_sample").type(), shape, z.toArray());
        Outputs out =
            model.movq.run(
                Collections.singletonMap("latent_sample", latents),
                Collections.singleton("sample"),
                token)) {
      Tensor sample = out.get("sample");
      Shape d = sample.shape();
      return PictureBatch.of(
          z.count(), (int) d.dim(1), (int) d.dim(2), (int) d.dim(3), sample.toFloats());
    }
  }

  private StagedResult result(@Nullable PictureBatch pictures) {
    long end = System.nanoTime();
    Timings timings =
        new Timings(
            model.loadMillis,
            (loopBegin - begin) / 1e6,
            (end - loopBegin) / 1e6,
            modelNanos / 1e6,
            (end - begin) / 1e6,
            steps);
    PictureBatch shown = pictures == null ? PictureBatch.of(0, 3, 1, 1, new float[0]) : pictures;
    Map<String, String> s = new LinkedHashMap<>();
    s.put("model", model.name());
    s.put("prompt", String.join("\n", request.prompts()));
    if (!request.negativePrompts().isEmpty()) {
      s.put("negative_prompt", String.join("\n", request.negativePrompts()));
    }
    s.put("seed", String.valueOf(noise.seed()));
    s.put("prior_num_inference_steps", String.valueOf(priorSteps()));
    s.put("prior_guidance_scale", String.valueOf(request.scale(0, SCALE)));
    s.put("num_inference_steps", String.valueOf(decoderSteps()));
    s.put("guidance_scale", String.valueOf(request.scale(1, SCALE)));
    return new StagedResult(shown, stages, noise.seed(), s, timings);
  }
}
