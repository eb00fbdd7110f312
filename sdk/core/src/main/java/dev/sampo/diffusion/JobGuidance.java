package dev.sampo.diffusion;

import dev.sampo.diffusion.architecture.Conditions;
import dev.sampo.diffusion.architecture.TextOptions;
import dev.sampo.error.RequestException;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Makes the network's calls of a job: text, classes and conditions bound to one call of both halves of guidance, or to two. */
final class JobGuidance {
  private enum Half {
    PLAIN,
    GUIDED,
    BOTH
  }

  private final JobPlan plan;
  private final DiffusionModel model;
  private final DiffusionRequest request;
  private final double scale;
  private final CancellationToken token;

  JobGuidance(JobPlan plan, double scale, CancellationToken token) {
    this.plan = plan;
    this.model = plan.model;
    this.request = plan.request;
    this.scale = scale;
    this.token = token;
  }

  Guidance prepare() {
    boolean guided = isGuided();
    int batch = plan.batch;
    List<NetworkCall> calls = new ArrayList<>();
    try {
      PromptFeatures positive = positive();
      PromptFeatures negative = guided && positive != null ? negative(positive) : null;
      if (guided && request.splitsGuidance()) {
        bind(call(calls, batch), negative, null, Half.PLAIN);
        bind(call(calls, batch), positive, null, Half.GUIDED);
      } else if (guided) {
        bind(call(calls, 2 * batch), negative, positive, Half.BOTH);
      } else {
        bind(call(calls, batch), positive, null, Half.GUIDED);
      }
      return new Guidance(calls, batch, guided, scale, request.guidanceRescale());
    } catch (RuntimeException e) {
      for (NetworkCall call : calls) {
        call.close();
      }
      throw e;
    }
  }

  /** Whether guidance is made of two predictions; nets with the scale built in need one. */
  private boolean isGuided() {
    boolean condition = model.takesText() || request.features() != null || model.takesClasses();
    return scale > 1 && !model.architecture().guidesItself() && condition;
  }

  private NetworkCall call(List<NetworkCall> calls, int n) {
    int c = model.network().channels();
    int channels = plan.channels;
    if (c != channels && c != 2 * channels + 1) {
      throw new RequestException(
          null,
          "The network takes "
              + c
              + " channels; with latents of "
              + channels
              + " it has to take "
              + channels
              + ", or "
              + (2 * channels + 1)
              + " for inpainting.");
    }
    if (c != channels && request.mask() == null) {
      throw new RequestException("mask", "This is an inpainting model: give an image and a mask.");
    }
    NetworkCall call = new NetworkCall(model.network(), n, c, plan.height, plan.width);
    calls.add(call);
    return call;
  }

  // ---- text

  private TextOptions textOptions() {
    return new TextOptions(request.clipSkip());
  }

  private @Nullable PromptFeatures positive() {
    PromptFeatures features = request.features();
    if (features == null && model.takesText()) {
      List<List<String>> texts =
          Arrays.asList(request.prompts(), each(request.prompts2()), each(request.prompts3()));
      features =
          model.promptEncoder().encode(texts, request.cutsLongPrompts(), textOptions(), token);
    }
    return features == null ? null : features.repeated(request.count());
  }

  /** One for all becomes one for each. */
  private List<String> each(List<String> given) {
    List<String> out = new ArrayList<>(given);
    while (!given.isEmpty() && out.size() < plan.rows) {
      out.add(given.get(0));
    }
    return out;
  }

  private PromptFeatures negative(PromptFeatures positive) {
    PromptFeatures given = request.negativeFeatures();
    if (given != null) {
      int batch = plan.batch;
      return given.batch() == positive.batch() ? given : given.repeated(batch / given.batch());
    }
    List<List<String>> texts =
        Arrays.asList(
            request.negativePrompts(), request.negativePrompts2(), request.negativePrompts3());
    return model
        .promptEncoder()
        .negative(texts, single(positive), request.cutsLongPrompts(), textOptions(), token)
        .repeated(request.count());
  }

  /** One row for each prompt again, of features that were repeated for pictures. */
  private PromptFeatures single(PromptFeatures positive) {
    int n = positive.length() * positive.width();
    int p = positive.pooledWidth();
    float[] features = new float[plan.rows * n];
    float[] pooled = new float[plan.rows * p];
    for (int r = 0; r < plan.rows; r++) {
      int from = r * request.count();
      System.arraycopy(positive.features(), from * n, features, r * n, n);
      System.arraycopy(positive.pooled(), from * p, pooled, r * p, p);
    }
    return new PromptFeatures(plan.rows, positive.length(), features, pooled);
  }

  // ---- tensors

  private void bind(
      NetworkCall call,
      @Nullable PromptFeatures first,
      @Nullable PromptFeatures second,
      Half half) {
    int n = half == Half.BOTH ? 2 * plan.batch : plan.batch;
    int length = 0;
    if (first != null) {
      length = first.length();
      bindText(call, n, first, second);
    }
    call.bind("class_labels", Shape.of(n), labels(half));
    int plain = half == Half.GUIDED ? 0 : plan.batch;
    float[] sizes = SizeConditions.row(request.sizes(), plan.heightPx, plan.widthPx);
    SizeConditions negative = request.negativeSizes();
    float[] plainSizes =
        negative == null ? sizes : SizeConditions.row(negative, plan.heightPx, plan.widthPx);
    model
        .architecture()
        .bind(
            call,
            new Conditions(
                n,
                plain,
                plan.heightPx,
                plan.widthPx,
                plan.height,
                plan.width,
                scale,
                length,
                sizes,
                plainSizes));
    call.control(request.controlNet());
  }

  private static void bindText(
      NetworkCall call, int n, PromptFeatures first, @Nullable PromptFeatures second) {
    int length = first.length();
    float[] none = new float[0];
    float[] features = joined(first.features(), second == null ? none : second.features());
    call.bind("encoder_hidden_states", Shape.of(n, length, first.width()), features);
    float[] pooled = joined(first.pooled(), second == null ? none : second.pooled());
    if (pooled.length > 0) {
      Shape vector = Shape.of(n, first.pooledWidth());
      call.bind("text_embeds", vector, pooled);
      call.bind("pooled_projections", vector, pooled);
    }
    long[] mask = Arrays.copyOf(first.mask(), n * length);
    if (second != null) {
      System.arraycopy(second.mask(), 0, mask, n * length / 2, n * length / 2);
    }
    call.bind("encoder_attention_mask", Shape.of(n, length), mask);
  }

  private long[] labels(Half half) {
    long[] guided = new long[plan.batch];
    long[] plain = new long[plan.batch];
    Arrays.fill(plain, Math.max(0, model.nullClass()));
    for (int b = 0; b < plan.batch; b++) {
      guided[b] = plan.label(b);
    }
    return switch (half) {
      case PLAIN -> plain;
      case GUIDED -> guided;
      case BOTH -> {
        long[] both = Arrays.copyOf(plain, 2 * plan.batch);
        System.arraycopy(guided, 0, both, plan.batch, plan.batch);
        yield both;
      }
    };
  }

  private static float[] joined(float[] a, float[] b) {
    if (b.length == 0) {
      return a;
    }
    float[] both = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, both, a.length, b.length);
    return both;
  }
}
