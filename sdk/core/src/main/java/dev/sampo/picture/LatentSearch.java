package dev.sampo.picture;

import dev.sampo.error.CancelledException;
import dev.sampo.error.RequestException;
import dev.sampo.internal.Seeds;
import dev.sampo.internal.Watch;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.samplers.latent.CmaEs;
import dev.sampo.samplers.random.TorchGenerator;
import java.util.function.Function;

/**
 * Finds the latent that a decoder turns into a given picture ("GAN inversion"), or that makes any other loss small: by evolution
 * (CMA-ES, any decoder) or along a gradient (Adam, where somebody can compute it: see {@link GradientGraph}). Both keep the best latent so
 * far, report it, and end at a budget; when cancelled, the exception carries what they have.
 */
public final class LatentSearch {
  private LatentSearch() {}

  /** Losses of several latents at once, so that a decoder can run them as one batch. */
  @FunctionalInterface
  public interface Losses {
    /** One loss for each of {@code latents}; smaller is better. */
    double[] of(float[][] latents);
  }

  /** Loss and gradient at one latent. */
  @FunctionalInterface
  public interface Gradient {
    /**
     * The loss at {@code latent}; its gradient is written to {@code gradient}, which has the same length.
     */
    double at(float[] latent, float[] gradient, CancellationToken token);
  }

  /**
   * What was found.
   *
   * @param latent the best latent
   * @param loss its loss
   * @param evaluations how many latents were decoded
   * @param ended why the search ended
   */
  @SuppressWarnings("ArrayRecordComponent") // a plain carrier, never compared
  public record Result(float[] latent, double loss, long evaluations, Ended ended) {}

  /** Why a search ended. */
  public enum Ended {
    /** The loss is at most what was wanted. */
    TARGET,
    /** The budget is spent. */
    BUDGET,
    /** The steps have become too small to matter. */
    CONVERGED,
    /** It was cancelled; the latent is the best until then. Only the partial of an exception says so. */
    CANCELLED
  }

  /**
   * Mean squared error of decoded pictures to one picture.
   *
   * @param decoder {@code vae::decode}, or {@code z -> gan.generate(z, labels)}
   * @param target values of one picture in the decoder's range
   */
  public static Losses meanSquaredError(Function<float[][], PictureBatch> decoder, float[] target) {
    boolean[] all = new boolean[1];
    all[0] = true;
    return maskedError(decoder, target, all);
  }

  /**
   * Mean squared error over the known pixels.
   *
   * @param known {@code [height][width]} row by row, for every channel
   * @throws RequestException when no pixel is known, or the size does not fit
   */
  public static Losses maskedError(
      Function<float[][], PictureBatch> decoder, float[] target, boolean[] known) {
    int weight = 0;
    for (int i = 0; i < target.length; i++) {
      weight += known[i % known.length] ? 1 : 0;
    }
    if (weight == 0 || target.length % known.length != 0) {
      throw new RequestException(
          null,
          "A mask of "
              + known.length
              + " pixels, of which "
              + weight
              + " are known, does not fit a picture of "
              + target.length
              + " values.");
    }
    int pixels = weight;
    return latents -> {
      PictureBatch pictures = decoder.apply(latents);
      float[] data = pictures.unsafe();
      int size = pictures.pictureSize();
      if (size != target.length) {
        throw new RequestException(
            null,
            "The decoder gives "
                + size
                + " values a picture, the target has "
                + target.length
                + ".");
      }
      double[] losses = new double[latents.length];
      for (int k = 0; k < losses.length; k++) {
        double sum = 0;
        for (int i = 0; i < size; i++) {
          if (known[i % known.length]) {
            double d = data[k * size + i] - target[i];
            sum += d * d;
          }
        }
        losses[k] = sum / pixels;
      }
      return losses;
    };
  }

  /** Adds {@code weight} times the mean square of the latent: keeps it where the generator was trained. */
  public static Losses withPrior(Losses losses, double weight) {
    return latents -> {
      double[] values = losses.of(latents);
      for (int k = 0; k < values.length; k++) {
        double sum = 0;
        for (float v : latents[k]) {
          sum += (double) v * v;
        }
        values[k] += weight * sum / latents[k].length;
      }
      return values;
    };
  }

  /** Searches by CMA-ES around {@code start}; progress counts evaluations. */
  public static Result evolve(float[] start, Losses losses, SearchRequest request) {
    Watch watch = request.watch();
    double[] from = new double[start.length];
    for (int i = 0; i < from.length; i++) {
      from[i] = start[i];
    }
    TorchGenerator noise = new TorchGenerator(Seeds.orDrawn(request.seed()));
    CmaEs search =
        request.population() == 0
            ? CmaEs.start(from, request.sigma(), noise)
            : CmaEs.start(from, request.sigma(), request.population(), noise);
    double startLoss = losses.of(new float[][] {start})[0];
    Ended ended = Ended.BUDGET;
    while (search.evaluations() + search.population() < request.maxEvaluations()) {
      if (watch.token().isCancelled()) {
        throw cancelled(best(start, startLoss, search, Ended.CANCELLED));
      }
      search.tell(losses.of(search.ask()));
      watch.at(search.evaluations(), request.maxEvaluations());
      if (Math.min(startLoss, search.bestValue()) <= request.targetLoss()) {
        ended = Ended.TARGET;
        break;
      }
      if (search.sigma() < 1e-9) {
        ended = Ended.CONVERGED;
        break;
      }
    }
    return best(start, startLoss, search, ended);
  }

  private static Result best(float[] start, double startLoss, CmaEs search, Ended ended) {
    long evaluations = search.evaluations() + 1;
    return startLoss <= search.bestValue()
        ? new Result(start.clone(), startLoss, evaluations, ended)
        : new Result(search.best(), search.bestValue(), evaluations, ended);
  }

  private static CancelledException cancelled(Result best) {
    return new CancelledException(
        "The search was cancelled after " + best.evaluations() + " evaluations.", null, best);
  }

  /**
   * Searches along the gradient with Adam (Kingma and Ba 2014, arXiv:1412.6980, algorithm 1; beta1 0.9, beta2 0.999), the learning rate
   * falling to zero along a half cosine; progress counts steps.
   */
  public static Result descend(float[] start, Gradient gradient, SearchRequest request) {
    Watch watch = request.watch();
    int n = start.length;
    float[] z = start.clone();
    float[] best = start.clone();
    float[] g = new float[n];
    double[] m = new double[n];
    double[] v = new double[n];
    double bestLoss = Double.POSITIVE_INFINITY;
    Ended ended = Ended.BUDGET;
    int step = 0;
    while (step < request.maxEvaluations()) {
      if (watch.token().isCancelled()) {
        throw cancelled(new Result(best, bestLoss, step, Ended.CANCELLED));
      }
      double loss = gradient.at(z, g, watch.token());
      step++;
      if (loss < bestLoss) {
        bestLoss = loss;
        best = z.clone();
      }
      watch.at(step, request.maxEvaluations());
      if (bestLoss <= request.targetLoss()) {
        ended = Ended.TARGET;
        break;
      }
      double rate =
          request.sigma() * 0.5 * (1 + Math.cos(Math.PI * (step - 1) / request.maxEvaluations()));
      for (int i = 0; i < n; i++) {
        m[i] = 0.9 * m[i] + 0.1 * g[i];
        v[i] = 0.999 * v[i] + 0.001 * g[i] * g[i];
        double mHat = m[i] / (1 - Math.pow(0.9, step));
        double vHat = v[i] / (1 - Math.pow(0.999, step));
        z[i] -= (float) (rate * mHat / (Math.sqrt(vHat) + 1e-8));
      }
    }
    return new Result(best, bestLoss, step, ended);
  }
}
