package dev.sampo.training.loss;

import dev.sampo.error.SampoException;
import dev.sampo.onnx.Emitter;
import dev.sampo.onnx.GraphBuilder;
import dev.sampo.onnx.TensorType;
import dev.sampo.onnx.Value;
import dev.sampo.onnx.proto.ModelProto;
import dev.sampo.training.graph.Objective;
import dev.sampo.training.graph.Scope;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** Ready-made objectives. Inputs beside the model's own are named in each. */
public final class Losses {
  private Losses() {}

  /**
   * Classification: mean cross-entropy of logits [batch, ..., classes]; input {@code labels} int64. Reports
   * {@code accuracy}.
   */
  public static Objective crossEntropy(String output) {
    return crossEntropy(output, Terms.IGNORE_INDEX, 0);
  }

  /** As {@link #crossEntropy(String)} with labels that do not count and label smoothing. */
  public static Objective crossEntropy(String output, long ignoreIndex, double smoothing) {
    return scope -> {
      Value logits = output(scope.run(Map.of()), output);
      TensorType type = scope.type(logits);
      long[] dims = Arrays.copyOf(type.dims(), type.rank() - 1);
      Value labels = scope.input("labels", TensorType.longs(dims));
      scope.metric("accuracy", Terms.accuracy(scope, logits, labels));
      return Terms.crossEntropy(scope, logits, labels, ignoreIndex, smoothing);
    };
  }

  /**
   * Language model: logits [batch, time, vocab] at place i are scored against {@code labels} [batch, time] at place i.
   * The labels are the inputs shifted by one, with {@link Terms#IGNORE_INDEX} where a prompt is masked; a text-data
   * reader does both. Reports {@code bits} a token.
   */
  public static Objective languageModel(String output) {
    return languageModel(output, Map.of());
  }

  /**
   * As {@link #languageModel(String)} for a recurrent net whose state goes on from window to window.
   *
   * @param state input -> output that becomes it in the next step: {@code h0 -> hn}
   */
  public static Objective languageModel(String output, Map<String, String> state) {
    return scope -> {
      Map<String, Value> outputs = scope.run(Map.of());
      state.forEach((in, out) -> scope.carry(in, output(outputs, out)));
      Value logits = output(outputs, output);
      TensorType type = scope.type(logits);
      Value labels = scope.input("labels", TensorType.longs(type.dim(0), type.dim(1)));
      Value loss = Terms.crossEntropy(scope, logits, labels, Terms.IGNORE_INDEX, 0);
      scope.metric("bits", scope.graph().mul(loss, scope.graph().scalar(1 / Math.log(2))));
      return loss;
    };
  }

  /**
   * Sequence-to-sequence with teacher forcing. Models {@code encoder} (its outputs are the state) and
   * {@code decoder_step} ({@code prev_token} [batch] and the state -> {@code logits} [batch, vocab], and
   * {@code next_<name>} for what changes of the state); inputs {@code previous} (the target shifted by one, the start
   * token first) and {@code labels}, both int64 [batch, targetLength], with {@link Terms#IGNORE_INDEX} after a target's
   * end. Reports {@code accuracy}.
   */
  public static Objective sequenceToSequence(int targetLength) {
    return SequenceLoss.of(targetLength);
  }

  /** Mean squared error of an output against input {@code target} of its shape. */
  public static Objective mse(String output) {
    return against(output, Terms::mse);
  }

  /** Mean absolute error of an output against input {@code target}. */
  public static Objective l1(String output) {
    return against(output, Terms::l1);
  }

  /** Huber loss of an output against input {@code target}. */
  public static Objective huber(String output, double delta) {
    return against(output, (s, a, b) -> Terms.huber(s, a, b, delta));
  }

  /** Binary cross-entropy of logits against input {@code target} in 0..1. */
  public static Objective bceWithLogits(String output) {
    return against(output, Terms::bceWithLogits);
  }

  private interface Pair {
    Value emit(Scope s, Value prediction, Value target);
  }

  private static Objective against(String output, Pair pair) {
    return scope -> {
      Value prediction = output(scope.run(Map.of()), output);
      Value target = scope.input("target", scope.type(prediction));
      return pair.emit(scope, prediction, target);
    };
  }

  /**
   * A loss given as a small ONNX graph. Its inputs named like outputs of the model are connected to them, its other
   * inputs become inputs of the batch; its first output is the loss.
   */
  public static Objective graph(ModelProto loss) {
    return scope -> {
      Map<String, Value> outputs = scope.run(Map.of());
      GraphBuilder small = GraphBuilder.of(loss);
      Map<String, Value> connect = new LinkedHashMap<>(outputs);
      connect.keySet().retainAll(small.inputs().keySet());
      return scope.include(small, connect).values().iterator().next();
    };
  }

  /**
   * VAE: reconstruction plus beta times the KL divergence, both summed over a sample and averaged over the batch.
   * Models {@code encoder} (sample -> mean, logvar) and {@code decoder} (z -> sample in 0..1, or logits); input
   * {@code noise} [batch, latent], standard normal. Reports {@code reconstruction} and {@code kl}.
   *
   * @param logits whether the decoder gives logits; if not, its output is clipped away from 0 and 1
   */
  public static Objective vae(double beta, boolean logits) {
    return vae(beta, logits, 0, 1);
  }

  /** As {@link #vae(double, boolean)} for pictures in low..high that are seen as probabilities. */
  public static Objective vae(double beta, float low, float high) {
    return vae(beta, false, low, high);
  }

  private static Objective vae(double beta, boolean logits, float low, float high) {
    return scope -> {
      Emitter g = scope.graph();
      Map<String, Value> encoded = scope.run("encoder", Map.of());
      Value mean = output(encoded, "mean");
      Value logvar = output(encoded, "logvar");
      Value noise = scope.input("noise", scope.type(mean));
      Value z = g.add(mean, g.mul(g.op("Exp", g.mul(logvar, g.scalar(0.5))), noise));
      Value decoded = output(scope.run("decoder", Map.of("z", z)), "sample");
      Value each =
          logits
              ? Terms.bceWithLogitsEach(scope, decoded, unit(g, scope.input("sample"), low, high))
              : bceEach(
                  scope, unit(g, decoded, low, high), unit(g, scope.input("sample"), low, high));
      Value reconstruction = Terms.sumPerSample(scope, each);
      Value kl = Terms.gaussianKl(scope, mean, logvar);
      scope.metric("reconstruction", reconstruction);
      scope.metric("kl", kl);
      return g.add(reconstruction, g.mul(kl, g.scalar(beta)));
    };
  }

  /**
   * Autoencoder: mean squared error of what comes out. Models {@code encoder} (sample -> one output) and
   * {@code decoder} (one input -> sample).
   */
  public static Objective autoencoder() {
    return scope -> {
      Value code = scope.run("encoder", Map.of()).values().iterator().next();
      String into = scope.inputs("decoder").iterator().next();
      Value decoded = output(scope.run("decoder", Map.of(into, code)), "sample");
      return Terms.mse(scope, decoded, scope.input("sample"));
    };
  }

  /** low..high as 0..1. */
  private static Value unit(Emitter g, Value value, float low, float high) {
    return low == 0 && high == 1
        ? value
        : g.mul(g.sub(value, g.scalar(low)), g.scalar(1.0 / (high - low)));
  }

  /** -(t log p + (1-t) log(1-p)) with p kept in [1e-6, 1-1e-6]. */
  private static Value bceEach(Scope s, Value p, Value t) {
    Emitter g = s.graph();
    Value safe = g.op("Clip", p, g.scalar(1e-6), g.scalar(1 - 1e-6));
    Value one = g.scalar(1);
    Value hit = g.mul(t, g.op("Log", safe));
    Value miss = g.mul(g.sub(one, t), g.op("Log", g.sub(one, safe)));
    return g.neg(g.add(hit, miss));
  }

  static Value output(Map<String, Value> outputs, String name) {
    Value value = outputs.get(name);
    if (value == null) {
      throw new SampoException(
          "The model has no output '" + name + "'; it has " + outputs.keySet() + ".");
    }
    return value;
  }
}
