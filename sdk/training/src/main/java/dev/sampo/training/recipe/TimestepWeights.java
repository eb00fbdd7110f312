package dev.sampo.training.recipe;

import dev.sampo.runtime.Graph;
import dev.sampo.runtime.Outputs;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.runtime.Shape;
import dev.sampo.runtime.Tensor;
import dev.sampo.training.loss.DiffusionLoss;
import dev.sampo.training.loss.NoiseSchedule;
import dev.sampo.training.run.StepRandom;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeSet;

/**
 * How much a diffusion model's error at each timestep counts.
 *
 * <p>The loss should be of one size at every noise level (Karras et al. 2022, arXiv:2206.00364, section 5). So the
 * weight is 1 over the error with which the model starts, measured on the new pictures: the weighted loss starts at
 * about 1. Min-SNR weights (Hang et al. 2023, arXiv:2303.09556) do not give that where a net makes eps out of a
 * v that it predicts inside: its error is a times that of v, and a, the signal's scale, goes to nothing at high noise,
 * where a sampler decides what the picture will be on the whole.
 */
final class TimestepWeights {
  /** Steps between measured timesteps; towards the end, where a changes fast, they lie closer and closer. */
  private static final int COARSE = 20;

  private final double[] weights;

  private TimestepWeights(double[] weights) {
    this.weights = weights;
  }

  double at(int t) {
    return weights[t];
  }

  static TimestepWeights minSnr(NoiseSchedule schedule, DiffusionLoss prediction, double gamma) {
    double[] weights = new double[schedule.steps()];
    for (int t = 0; t < weights.length; t++) {
      weights[t] = schedule.minSnrWeight(t, gamma, prediction);
    }
    return new TimestepWeights(weights);
  }

  /**
   * Runs the net at some timesteps on one batch and interpolates the logarithm of the error in between.
   *
   * @param x0 pictures, [n, channels, height, width] in the model's range
   * @param classes one a picture; ignored where the net takes none
   */
  static TimestepWeights balanced(
      Path unet,
      NoiseSchedule schedule,
      DiffusionLoss prediction,
      long seed,
      int threads,
      float[] x0,
      long[] shape,
      long[] classes) {
    TreeSet<Integer> places = new TreeSet<>();
    for (int t = 0; t < schedule.steps(); t += Math.max(1, schedule.steps() / COARSE)) {
      places.add(t);
    }
    for (int back = 1; back <= schedule.steps(); back *= 2) {
      places.add(schedule.steps() - back);
    }
    double[] weights = new double[schedule.steps()];
    SessionConfig config = SessionConfig.builder().intraOpThreads(threads).build();
    try (Graph net = Graph.load(unet, config)) {
      int before = -1;
      double logBefore = 0;
      for (int t : places) {
        float[] noise = new StepRandom(seed, "weights", t).gaussians(x0.length);
        double error = error(net, schedule, prediction, t, x0, noise, shape, classes);
        double log = Math.log(Math.max(error, 1e-30));
        for (int k = before + 1; k <= t; k++) {
          double share = before < 0 ? 1 : (double) (k - before) / (t - before);
          weights[k] = Math.exp(-(logBefore + (log - logBefore) * share));
        }
        before = t;
        logBefore = log;
      }
    }
    return new TimestepWeights(weights);
  }

  private static double error(
      Graph net,
      NoiseSchedule schedule,
      DiffusionLoss prediction,
      int t,
      float[] x0,
      float[] noise,
      long[] shape,
      long[] classes) {
    float a = (float) schedule.signalScale(t);
    float s = (float) schedule.noiseScale(t);
    float[] xt = new float[x0.length];
    for (int i = 0; i < xt.length; i++) {
      xt[i] = a * x0[i] + s * noise[i];
    }
    long[] timesteps = new long[classes.length];
    java.util.Arrays.fill(timesteps, t);
    boolean scalar = net.inputs().get("timestep").shape().rank() == 0;
    Map<String, Tensor> feed = new LinkedHashMap<>();
    try {
      feed.put("sample", Tensor.ofFloats(Shape.of(shape), xt));
      feed.put(
          "timestep",
          scalar
              ? Tensor.ofLongs(Shape.of(), t)
              : Tensor.ofLongs(Shape.of(classes.length), timesteps));
      if (net.inputs().containsKey("class_labels")) {
        feed.put("class_labels", Tensor.ofLongs(Shape.of(classes.length), classes));
      }
      try (Outputs outputs = net.run(feed)) {
        float[] predicted = outputs.get(net.outputs().keySet().iterator().next()).toFloats();
        double sum = 0;
        for (int i = 0; i < predicted.length; i++) {
          double target = prediction == DiffusionLoss.EPSILON ? noise[i] : a * noise[i] - s * x0[i];
          sum += (predicted[i] - target) * (predicted[i] - target);
        }
        return sum / predicted.length;
      }
    } finally {
      feed.values().forEach(Tensor::close);
    }
  }
}
