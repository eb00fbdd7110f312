package dev.sampo.training.loss;

import dev.sampo.onnx.Emitter;
import dev.sampo.onnx.TensorType;
import dev.sampo.onnx.Value;
import dev.sampo.training.graph.Objective;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Denoising score matching. Ho et al. 2020, arXiv:2006.11239: x_t = a x_0 + s eps; the model predicts eps, or
 * v = a eps - s x_0 (Salimans and Ho 2022, arXiv:2202.00512).
 *
 * <p>Inputs of the batch: {@code sample} (x_0), {@code noise}, {@code timestep} int64 [batch], {@code signal_scale} (a),
 * {@code noise_scale} (s) and {@code loss_weight}, each [batch], which {@link NoiseSchedule} draws in Java.
 */
public enum DiffusionLoss {
  EPSILON,
  V;

  /**
   * The objective over the only model.
   *
   * @param output its output, such as {@code out_sample}
   */
  public Objective of(String output) {
    return scope -> {
      Emitter g = scope.graph();
      long batch = scope.dim("batch");
      String model = scope.models().iterator().next();
      TensorType type = scope.inputType(model, "sample");
      Value x0 = scope.input("sample", type);
      Value noise = scope.input("noise", type);
      long[] column = new long[type.rank()];
      Arrays.fill(column, 1);
      column[0] = batch;
      TensorType perSample = TensorType.floats(batch);
      Value a = g.reshape(scope.input("signal_scale", perSample), column);
      Value s = g.reshape(scope.input("noise_scale", perSample), column);
      Value weight = scope.input("loss_weight", perSample);
      Value xt = g.add(g.mul(a, x0), g.mul(s, noise));
      Map<String, Value> in = new LinkedHashMap<>();
      in.put("sample", xt);
      in.put("timestep", scope.input("timestep", TensorType.longs(batch)));
      Value predicted = Losses.output(scope.run(in), output);
      Value target = this == EPSILON ? noise : g.sub(g.mul(a, noise), g.mul(s, x0));
      Value error = Terms.meanPerSample(scope, g.square(g.sub(predicted, target)));
      scope.metric("mse", g.meanAll(error));
      return g.meanAll(g.mul(weight, error));
    };
  }
}
