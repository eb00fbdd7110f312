package dev.sampo.training.loss;

import dev.sampo.onnx.Attr;
import dev.sampo.onnx.Emitter;
import dev.sampo.onnx.TensorType;
import dev.sampo.onnx.Value;
import dev.sampo.training.graph.Objective;
import dev.sampo.training.graph.Scope;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Sequence-to-sequence with teacher forcing (Williams and Zipser 1989): the decoder's step graph runs once a target
 * token and always reads the true token before it.
 */
final class SequenceLoss {
  private SequenceLoss() {}

  static Objective of(int targetLength) {
    return scope -> {
      Emitter g = scope.graph();
      Map<String, Value> state = new LinkedHashMap<>(scope.run("encoder", Map.of()));
      long batch = scope.inputType("encoder", scope.inputs("encoder").iterator().next()).dim(0);
      TensorType targets = TensorType.longs(batch, targetLength);
      Value previous = scope.input("previous", targets);
      Value labels = scope.input("labels", targets);
      List<Value> logits = new ArrayList<>();
      for (int t = 0; t < targetLength; t++) {
        Map<String, Value> in = new LinkedHashMap<>(state);
        in.keySet().retainAll(scope.inputs("decoder_step"));
        in.put(
            "prev_token", g.op("Gather", List.of(Attr.of("axis", 1)), previous, g.longScalar(t)));
        Map<String, Value> out = scope.run("decoder_step", in);
        state.replaceAll((name, value) -> out.getOrDefault("next_" + name, value));
        logits.add(g.op("Unsqueeze", Losses.output(out, "logits"), g.longs(1)));
      }
      Value all = g.concat(1, logits);
      scope.metric("accuracy", counted(scope, all, labels));
      return Terms.crossEntropy(scope, all, labels, Terms.IGNORE_INDEX, 0);
    };
  }

  /** The share of target tokens, without the padding, that are the likeliest. */
  private static Value counted(Scope scope, Value logits, Value labels) {
    Emitter g = scope.graph();
    Value best = g.op("ArgMax", List.of(Attr.of("axis", -1), Attr.of("keepdims", 0)), logits);
    Value right = g.toFloat(g.op("Equal", best, labels));
    Value counts = g.toFloat(g.op("GreaterOrEqual", labels, g.longScalar(0)));
    return g.div(g.sumAll(right), g.sumAll(counts));
  }
}
