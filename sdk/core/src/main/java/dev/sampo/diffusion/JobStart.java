package dev.sampo.diffusion;

import dev.sampo.error.RequestException;
import dev.sampo.picture.PictureBatch;
import dev.sampo.picture.Pixels;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.samplers.diffusion.DiffusionRun;
import dev.sampo.samplers.random.NoiseSource;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Where a job's loop begins: noise, a noised picture, or a picture with a mask. Draws in the order of diffusers. */
final class JobStart {
  private static final float MASK_EDGE = 0.5f;

  private final JobPlan plan;
  private final DiffusionModel model;
  private final DiffusionRequest request;
  private final JobNoise noise;
  private final CancellationToken token;

  JobStart(JobPlan plan, JobNoise noise, CancellationToken token) {
    this.plan = plan;
    this.model = plan.model;
    this.request = plan.request;
    this.noise = noise;
    this.token = token;
  }

  Start start(DiffusionRun run) {
    Pixels image = request.image();
    PictureBatch given = request.imageLatents();
    if (image == null && given == null) {
      float[] z = startNoise();
      return new Start(scaled(z, run), null, z, new float[0], new float[0]);
    }
    boolean inpaint = request.mask() != null;
    boolean extended = inpaint && model.network().channels() > plan.channels;
    boolean whole = inpaint && request.strength() >= 1;
    // Diffusers' order: the picture's posterior, the starting noise, the masked picture's
    // posterior.
    float[] clean =
        extended && whole ? null : given != null ? fit(given).toArray() : encode(image, null);
    float[] z = startNoise();
    float[] sample;
    if (whole) {
      sample = scaled(z, run);
    } else {
      sample = new float[z.length];
      run.addNoise(Objects.requireNonNull(clean, "clean"), z, run.index(), sample);
    }
    float[] mask = inpaint ? latentMask() : new float[0];
    float[] masked = new float[0];
    if (inpaint && model.coder() != null) {
      masked = encode(Objects.requireNonNull(image, "image"), request.mask());
    }
    return new Start(
        sample, clean, z, extended ? new float[0] : mask, extended ? masked : new float[0]);
  }

  /** The clean sample that inversion starts from. */
  Start inverse() {
    Pixels image = request.image();
    PictureBatch given = request.imageLatents();
    if (image == null && given == null) {
      throw new RequestException("image", "Inversion wants an image or image latents.");
    }
    float[] x = given != null ? fit(given).toArray() : mean(Objects.requireNonNull(image));
    return new Start(x, null, x, new float[0], new float[0]);
  }

  private float[] startNoise() {
    PictureBatch given = request.initialNoise();
    if (given != null) {
      return fit(given).toArray();
    }
    float[] z = new float[plan.sampleLength()];
    noise.source().randn(z);
    return z;
  }

  private static float[] scaled(float[] z, DiffusionRun run) {
    float[] x = z.clone();
    double sigma = run.initNoiseSigma();
    if (sigma != 1) {
      for (int j = 0; j < x.length; j++) {
        x[j] = (float) (x[j] * sigma);
      }
    }
    return x;
  }

  /** Latents for the whole batch: as they are, or one for all. */
  private PictureBatch fit(PictureBatch given) {
    int batch = plan.batch;
    if (given.channels() != plan.channels || (given.count() != batch && given.count() != 1)) {
      throw new RequestException(
          "latents", "The request makes " + plan.shape() + ", the given ones are " + given + ".");
    }
    return given.count() == batch ? given : given.repeated(batch);
  }

  /** The clean sample of a picture, its masked part grey if there is a mask; a draw for each stream. */
  private float[] encode(@Nullable Pixels picture, @Nullable Pixels mask) {
    Pixels image = Objects.requireNonNull(picture, "image");
    PictureCoder coder = model.coder();
    int wanted = coder == null ? plan.channels : 3;
    float[] x = image.withChannels(wanted).toChw(model.range().low(), model.range().high());
    if (mask != null) {
      float[] paint = mask.withChannels(1).toChw(0, 1);
      for (int j = 0; j < x.length; j++) {
        x[j] = paint[j % paint.length] < MASK_EDGE ? x[j] : 0;
      }
    }
    if (coder == null) {
      return PictureBatch.of(1, plan.channels, plan.height, plan.width, x)
          .repeated(plan.batch)
          .toArray();
    }
    int draws = noise.isPerPicture() ? plan.batch : 1;
    float[] pictures = new float[x.length * draws];
    for (int b = 0; b < draws; b++) {
      System.arraycopy(x, 0, pictures, b * x.length, x.length);
    }
    PictureBatch drawn =
        coder.encode(pictures, draws, plan.heightPx, plan.widthPx, noise.source(), token);
    return drawn.repeated(plan.batch / draws).toArray();
  }

  /** The mean of a picture's posterior: inversion is to come back to the picture, not to a draw near it. */
  private float[] mean(Pixels image) {
    PictureCoder coder = model.coder();
    if (coder == null) {
      return encode(image, null);
    }
    NoiseSource none = (out, offset, count) -> Arrays.fill(out, offset, offset + count, 0);
    float[] x = image.withChannels(3).toChw(-1, 1);
    return coder
        .encode(x, 1, plan.heightPx, plan.widthPx, none, token)
        .repeated(plan.batch)
        .toArray();
  }

  /** Cut at one half, reduced by taking the top left pixel of each position. */
  private float[] latentMask() {
    Pixels mask = Objects.requireNonNull(request.mask(), "mask").withChannels(1);
    int f = model.factor();
    float[] out = new float[plan.batch * plan.height * plan.width];
    for (int b = 0; b < plan.batch; b++) {
      for (int y = 0; y < plan.height; y++) {
        for (int x = 0; x < plan.width; x++) {
          boolean paint = mask.at(x * f, y * f, 0) / 255f >= MASK_EDGE;
          out[(b * plan.height + y) * plan.width + x] = paint ? 1 : 0;
        }
      }
    }
    return out;
  }

  /** Writes the mask and the masked picture behind the sample's channels, once for the whole run. */
  void bindMask(Guidance guidance, Start start) {
    if (start.maskedClean().length == 0) {
      return;
    }
    float[] mask = latentMask();
    int plane = plan.height * plan.width;
    int n = plan.channels * plane;
    int stride = (2 * plan.channels + 1) * plane;
    guidance.forEach(
        (call, copies) -> {
          for (int k = 0; k < copies; k++) {
            for (int b = 0; b < plan.batch; b++) {
              int at = (k * plan.batch + b) * stride + n;
              call.set(at, mask, b * plane, plane);
              call.set(at + plane, start.maskedClean(), b * n, n);
            }
          }
        });
  }
}
