package dev.sampo.training.graph;

import dev.sampo.error.SampoException;
import dev.sampo.onnx.GraphBuilder;
import dev.sampo.onnx.GraphProbe;
import dev.sampo.onnx.TensorType;
import dev.sampo.onnx.Tensors;
import dev.sampo.onnx.Value;
import dev.sampo.onnx.proto.ModelProto;
import dev.sampo.onnx.proto.NodeProto;
import dev.sampo.onnx.proto.ValueInfoProto;
import dev.sampo.training.autodiff.Autodiff;
import dev.sampo.training.autodiff.GradientRules;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Makes the graph that {@code dev.sampo.picture.GradientGraph} searches latents with: a decoder, a loss of its picture,
 * and the loss's gradient with respect to the latent. Inputs {@code z} [1, latent] and what the loss asks for, such as
 * {@code target}; outputs {@code loss} and {@code z_grad} [1, latent]. Runs on any ONNX Runtime.
 *
 * <pre>{@code
 * ModelProto graph = LatentGradient.meanSquaredError(Models.read(generator), Map.of("class_label", 3L), 0.01);
 * Models.write(graph, file);
 * try (GradientGraph gradient = GradientGraph.load(file, config).bind("target", picture, 1, 1, 28, 28)) {
 *   LatentSearch.Result found = LatentSearch.descend(start, gradient, SearchRequest.gradient().build());
 * }
 * }</pre>
 */
public final class LatentGradient {
  /** Labels are written into the graph, one by one. */
  private static final int MAX_LABELS = 1 << 16;

  private LatentGradient() {}

  /** A loss of a decoded picture. */
  @FunctionalInterface
  public interface Loss {
    /**
     * Emits the loss; it may declare inputs ({@link GraphBuilder#input}).
     *
     * @param z the latent [1, n]
     * @param picture the decoder's first output, whose type is known to the builder
     * @return the loss, one float32 number
     */
    Value emit(GraphBuilder g, Value z, Value picture);
  }

  /**
   * Mean squared error of the picture to an input {@code target} of its shape, plus {@code priorWeight} times the mean
   * square of the latent, which keeps it where the decoder was trained.
   *
   * @param decoder a latent [batch, n] in, a picture out
   * @param labels values of its int64 inputs by name, such as the class
   */
  public static ModelProto meanSquaredError(
      ModelProto decoder, Map<String, Long> labels, double priorWeight) {
    return of(
        decoder,
        labels,
        (g, z, picture) -> {
          Value target = g.input("target", g.requireType(picture));
          Value error = g.meanAll(g.square(g.sub(picture, target)));
          return priorWeight == 0
              ? error
              : g.add(error, g.mul(g.meanAll(g.square(z)), g.scalar(priorWeight)));
        });
  }

  /**
   * Any loss.
   *
   * @throws SampoException if the decoder has not exactly one float input, or a label is missing
   */
  public static ModelProto of(ModelProto decoder, Map<String, Long> labels, Loss loss) {
    GraphBuilder g = GraphBuilder.of(decoder);
    if (g.outputs().isEmpty()) {
      throw new SampoException("The decoder has no output. Export the model again.");
    }
    String picture = g.outputs().keySet().iterator().next();
    takeLatent(g, labels);
    g.clearOutputs();
    GraphProbe.probe(g, Collections.emptyMap());
    Value value = loss.emit(g, new Value("z"), new Value(picture));
    GraphProbe.probe(g, Collections.emptyMap());
    Value gradient =
        Autodiff.gradients(g, value, Collections.singletonList("z"), GradientRules.standard())
            .get("z");
    if (gradient == null) {
      throw new SampoException("The loss does not depend on the latent.");
    }
    g.output(g.named(g.reshape(value, 1), "loss", TensorType.floats(1)));
    g.output(g.named(gradient, "z_grad", g.requireType("z")));
    g.prune();
    return g.model();
  }

  /** Makes labels constants and calls the latent z; every free dimension is 1. */
  private static void takeLatent(GraphBuilder g, Map<String, Long> labels) {
    List<String> latents = new ArrayList<>();
    for (ValueInfoProto input : new ArrayList<>(g.inputs().values())) {
      TensorType type = GraphProbe.fixed(input, ones(g));
      String name = input.getName();
      if (type.isFloat()) {
        latents.add(name);
        g.input(name, type);
        continue;
      }
      Long label = labels.get(name);
      if (label == null) {
        throw new SampoException(
            "The decoder's input '" + name + "' needs a value; given are " + labels.keySet() + ".");
      }
      long[] values = new long[count(name, type.dims())];
      Arrays.fill(values, label);
      g.removeInput(name);
      g.initializer(Tensors.ofLongs(name, type.dims(), values));
    }
    if (latents.size() != 1) {
      throw new SampoException(
          "A decoder has one float input, its latent; this one has " + latents + ".");
    }
    String latent = latents.get(0);
    if (!latent.equals("z")) {
      g.input("z", g.requireType(latent));
      g.removeInput(latent);
      g.prepend(
          Collections.singletonList(
              NodeProto.newBuilder()
                  .setOpType("Identity")
                  .setName("latent")
                  .addInput("z")
                  .addOutput(latent)
                  .build()));
    }
  }

  /** How many labels an input takes; what a graph merely declares is not believed. */
  private static int count(String name, long[] dims) {
    long count = 1;
    for (long dim : dims) {
      count = dim < 0 || dim > MAX_LABELS ? Long.MAX_VALUE : count * dim;
      if (count > MAX_LABELS) {
        throw new SampoException(
            "The decoder's input '"
                + name
                + "' has the shape "
                + Arrays.toString(dims)
                + "; a latent search sets up to "
                + MAX_LABELS
                + " labels.");
      }
    }
    return (int) count;
  }

  private static Map<String, Long> ones(GraphBuilder g) {
    Map<String, Long> sizes = new HashMap<>();
    for (ValueInfoProto input : g.inputs().values()) {
      var dims = input.getType().getTensorType().getShape().getDimList();
      for (int i = 0; i < dims.size(); i++) {
        if (!dims.get(i).hasDimValue()) {
          sizes.put(input.getName() + "." + i, 1L);
        }
      }
    }
    return sizes;
  }
}
