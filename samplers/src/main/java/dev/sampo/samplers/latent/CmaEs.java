package dev.sampo.samplers.latent;

import dev.sampo.error.RequestException;
import dev.sampo.samplers.random.NoiseSource;
import java.util.Arrays;
import java.util.Comparator;

/**
 * CMA-ES: minimises a function without gradients by sampling around a mean with a learnt covariance (Hansen 2016, "The CMA
 * Evolution Strategy: A Tutorial", arXiv:1604.00772; equation numbers below are its). Ask for candidates, evaluate them
 * as you like (in one batch), and tell the values:
 *
 * <pre>{@code
 * CmaEs search = CmaEs.start(new double[64], 0.5, noise);
 * while (search.evaluations() < 5000) {
 *   float[][] candidates = search.ask();
 *   search.tell(losses(candidates));
 * }
 * float[] z = search.best();
 * }</pre>
 *
 * <p>Up to {@value #FULL_SIZE} dimensions the covariance is full, above that diagonal (Ros and Hansen 2008), which learns
 * faster and costs linear time. One thread.
 */
public final class CmaEs {
  static final int FULL_SIZE = 128;

  private final NoiseSource noise;
  private final int n;
  private final int lambda;
  private final double[] weights;
  private final double mueff;
  private final double cs;
  private final double ds;
  private final double cc;
  private final double c1;
  private final double cmu;
  private final double chiN;
  private final boolean full;

  private final double[] mean;
  private double sigma;
  private final double[] ps;
  private final double[] pc;

  /** Covariance: n x n, or its diagonal. */
  private final double[] c;

  /** Eigenvectors in columns, when full. */
  private double[] b;

  private double[] d;
  private int generation;
  private int decomposedAt;

  /** The path of this generation was left out because it grew too fast. */
  private boolean stalled;

  private long evaluations;
  private double[][] y = new double[0][];
  private float[] best;
  private double bestValue = Double.POSITIVE_INFINITY;

  private CmaEs(double[] start, double sigma, int lambda, NoiseSource noise) {
    this.noise = noise;
    this.n = start.length;
    this.lambda = lambda;
    this.mean = start.clone();
    this.sigma = sigma;
    this.full = n <= FULL_SIZE;
    this.weights = weights(lambda);
    this.mueff = 1 / Arrays.stream(weights).map(w -> w * w).sum();
    // Table 1.
    this.cs = (mueff + 2) / (n + mueff + 5);
    this.ds = 1 + 2 * Math.max(0, Math.sqrt((mueff - 1) / (n + 1.0)) - 1) + cs;
    this.cc = (4 + mueff / n) / (n + 4 + 2 * mueff / n);
    double rank1 = 2 / ((n + 1.3) * (n + 1.3) + mueff);
    double rankMu = 2 * (mueff - 2 + 1 / mueff) / ((n + 2.0) * (n + 2.0) + mueff);
    double faster = full ? 1 : (n + 2) / 3.0;
    this.c1 = Math.min(0.5, faster * rank1);
    this.cmu = Math.min(1 - c1, faster * rankMu);
    this.chiN = Math.sqrt(n) * (1 - 1.0 / (4 * n) + 1.0 / (21.0 * n * n));
    this.ps = new double[n];
    this.pc = new double[n];
    this.c = full ? Eigen.identity(n) : ones(n);
    this.b = full ? Eigen.identity(n) : new double[0];
    this.d = ones(n);
    this.best = toFloats(start);
  }

  /** A search with the tutorial's population, {@code 4 + 3 ln n}. */
  public static CmaEs start(double[] start, double sigma, NoiseSource noise) {
    return start(start, sigma, 4 + (int) (3 * Math.log(start.length)), noise);
  }

  /**
   * A search.
   *
   * @param start the first mean
   * @param sigma how far the first candidates lie from it, each coordinate (a standard deviation)
   * @param population candidates a generation; more of them make the search more robust and slower
   * @param noise normal numbers
   */
  public static CmaEs start(double[] start, double sigma, int population, NoiseSource noise) {
    if (start.length == 0 || !(sigma > 0) || population < 4) {
      throw new RequestException(
          null,
          "Wanted at least one dimension, sigma above 0 and a population of at least 4, got "
              + start.length
              + ", "
              + sigma
              + " and "
              + population
              + ".");
    }
    return new CmaEs(start, sigma, population, noise);
  }

  /** Candidates of the next generation (eq. 38 to 40): {@code x = m + sigma y, y = B D z}. */
  public float[][] ask() {
    float[] z = new float[n];
    y = new double[lambda][];
    float[][] candidates = new float[lambda][n];
    for (int k = 0; k < lambda; k++) {
      noise.randn(z);
      y[k] = new double[n];
      for (int i = 0; i < n; i++) {
        y[k][i] = d[i] * z[i];
      }
      if (full) {
        y[k] = Eigen.multiply(b, y[k]);
      }
      for (int i = 0; i < n; i++) {
        candidates[k][i] = (float) (mean[i] + sigma * y[k][i]);
      }
    }
    return candidates;
  }

  /**
   * Values of the candidates that {@link #ask} gave last, in the same order; smaller is better, NaN is worst.
   *
   * @throws IllegalStateException when nothing was asked for, or the number is another
   */
  public void tell(double[] values) {
    if (y.length == 0 || values.length != y.length) {
      throw new IllegalStateException(
          "Asked for " + y.length + " candidates, told " + values.length + " values.");
    }
    Integer[] order = new Integer[lambda];
    Arrays.setAll(order, i -> i);
    Arrays.sort(
        order,
        Comparator.comparingDouble(
            i -> Double.isNaN(values[i]) ? Double.POSITIVE_INFINITY : values[i]));
    keepBest(order[0], values[order[0]]);
    double[] yw = new double[n];
    for (int k = 0; k < weights.length; k++) {
      for (int i = 0; i < n; i++) {
        yw[i] += weights[k] * y[order[k]][i];
      }
    }
    for (int i = 0; i < n; i++) {
      mean[i] += sigma * yw[i]; // eq. 42
    }
    updatePaths(yw);
    updateCovariance(order);
    y = new double[0][];
    generation++;
    evaluations += lambda;
    decompose();
  }

  /** The best candidate so far; the start before anything was told. */
  public float[] best() {
    return best.clone();
  }

  /** Its value; infinite before anything was told. */
  public double bestValue() {
    return bestValue;
  }

  /** The mean: where the search is centred now. */
  public float[] mean() {
    return toFloats(mean);
  }

  /** The step size; a search whose step is below what matters has ended. */
  public double sigma() {
    return sigma;
  }

  /** How many candidates were told. */
  public long evaluations() {
    return evaluations;
  }

  /** How many candidates {@link #ask} gives. */
  public int population() {
    return lambda;
  }

  private void keepBest(int k, double value) {
    if (value < bestValue) {
      bestValue = value;
      float[] x = new float[n];
      for (int i = 0; i < n; i++) {
        x[i] = (float) (mean[i] + sigma * y[k][i]);
      }
      best = x;
    }
  }

  private void updatePaths(double[] yw) {
    double[] whitened = inverseRoot(yw);
    double keep = Math.sqrt(cs * (2 - cs) * mueff);
    for (int i = 0; i < n; i++) {
      ps[i] = (1 - cs) * ps[i] + keep * whitened[i]; // eq. 43
    }
    double length = Math.sqrt(Arrays.stream(ps).map(p -> p * p).sum());
    sigma *= Math.exp(Math.min(1, cs / ds * (length / chiN - 1))); // eq. 44
    double warm = 1 - Math.pow(1 - cs, 2.0 * (generation + 1));
    boolean h = length / Math.sqrt(warm) < (1.4 + 2.0 / (n + 1)) * chiN;
    double keepC = h ? Math.sqrt(cc * (2 - cc) * mueff) : 0;
    for (int i = 0; i < n; i++) {
      pc[i] = (1 - cc) * pc[i] + keepC * yw[i]; // eq. 45
    }
    stalled = !h;
  }

  private void updateCovariance(Integer[] order) {
    double old = 1 - c1 - cmu + (stalled ? c1 * cc * (2 - cc) : 0);
    if (!full) {
      for (int i = 0; i < n; i++) {
        double sum = c1 * pc[i] * pc[i];
        for (int k = 0; k < weights.length; k++) {
          sum += cmu * weights[k] * y[order[k]][i] * y[order[k]][i];
        }
        c[i] = old * c[i] + sum;
      }
      return;
    }
    for (int i = 0; i < n; i++) {
      for (int j = 0; j <= i; j++) {
        double sum = c1 * pc[i] * pc[j];
        for (int k = 0; k < weights.length; k++) {
          sum += cmu * weights[k] * y[order[k]][i] * y[order[k]][j];
        }
        c[i * n + j] = old * c[i * n + j] + sum; // eq. 47
        c[j * n + i] = c[i * n + j];
      }
    }
  }

  private void decompose() {
    if (!full) {
      for (int i = 0; i < n; i++) {
        d[i] = Math.sqrt(c[i]);
      }
      return;
    }
    if (generation - decomposedAt < 1 / ((c1 + cmu) * n * 10)) {
      return; // appendix B.2: often enough, and O(n^2) on average
    }
    decomposedAt = generation;
    Eigen eigen = Eigen.of(c, n);
    b = eigen.vectors();
    d = eigen.values();
    for (int i = 0; i < n; i++) {
      d[i] = Math.sqrt(Math.max(1e-20, d[i]));
    }
  }

  /** {@code C^-1/2 v = B D^-1 B^T v}. */
  private double[] inverseRoot(double[] v) {
    double[] out = full ? Eigen.multiplyTransposed(b, v) : v.clone();
    for (int i = 0; i < n; i++) {
      out[i] /= d[i];
    }
    return full ? Eigen.multiply(b, out) : out;
  }

  /** Positive weights of the better half (eq. 49 to 53), summing to 1. */
  private static double[] weights(int lambda) {
    double[] w = new double[lambda / 2];
    double sum = 0;
    for (int i = 0; i < w.length; i++) {
      w[i] = Math.log((lambda + 1) / 2.0) - Math.log(i + 1);
      sum += w[i];
    }
    for (int i = 0; i < w.length; i++) {
      w[i] /= sum;
    }
    return w;
  }

  private static double[] ones(int n) {
    double[] out = new double[n];
    Arrays.fill(out, 1);
    return out;
  }

  private static float[] toFloats(double[] x) {
    float[] out = new float[x.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = (float) x[i];
    }
    return out;
  }
}
