package dev.sampo.training.autodiff;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.onnx.Attr;
import dev.sampo.onnx.GraphBuilder;
import dev.sampo.onnx.GraphProbe;
import dev.sampo.onnx.TensorType;
import dev.sampo.onnx.Value;
import dev.sampo.onnx.proto.AttributeProto;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What has no gradient is an error that names the node and says why, never a wrong number. */
class NoGradientTest {
  static {
    // All tests of the module share a process, and some need the library with training.
    dev.sampo.training.artifacts.NativeTraining.install();
  }

  /** Operator, attributes, shapes of its float inputs, constants after them, the reason. */
  static Stream<Arguments> variants() {
    return Stream.of(
        Arguments.of("Det", List.of(), List.of(new long[] {2, 2}), List.of(), "no gradient rule"),
        Arguments.of(
            "Einsum",
            List.of(Attr.of("equation", "...ij,...jk->...ik")),
            List.of(new long[] {2, 3}, new long[] {3, 2}),
            List.of(),
            "only explicit ones without '...' have a rule"),
        Arguments.of(
            "GatherND",
            List.of(Attr.of("batch_dims", 1)),
            List.of(new long[] {2, 3}),
            List.of(new long[] {0, 1}),
            "has batch_dims"),
        Arguments.of(
            "ScatterElements",
            List.of(Attr.of("reduction", "mul")),
            List.of(new long[] {2, 1}),
            List.of(new long[] {0, 1}, new long[] {}),
            "has reduction 'mul'"),
        Arguments.of(
            "MaxPool",
            List.of(Attr.ints("kernel_shape", 2), Attr.of("storage_order", 1)),
            List.of(new long[] {1, 1, 4}),
            List.of(),
            "has storage_order 1"),
        Arguments.of(
            "RNN",
            List.of(Attr.of("hidden_size", 2), Attr.of("clip", 3f)),
            List.of(new long[] {3, 1, 2}, new long[] {1, 2, 2}, new long[] {1, 2, 2}),
            List.of(),
            "clip"));
  }

  @ParameterizedTest
  @MethodSource("variants")
  void gradient_ofWhatHasNoRule_namesTheNodeAndWhy(
      String type,
      List<AttributeProto> attributes,
      List<long[]> floats,
      List<long[]> indices,
      String why)
      throws Exception {
    GraphBuilder g = new GraphBuilder();
    List<Value> in = new ArrayList<>();
    for (long[] shape : floats) {
      in.add(g.input("x" + in.size(), TensorType.floats(shape)));
    }
    for (long[] index : indices) {
      in.add(
          index.length == 0
              ? g.floats(new long[] {2, 1}, 1, 2)
              : g.reshape(g.longs(index), index.length, 1));
    }
    g.node("", type, attributes, in, List.of("layer/odd"));
    Value loss = g.sumAll(new Value("layer/odd"));
    GraphProbe.probe(g, Map.of());
    NoGradientException e =
        assertThrows(
            NoGradientException.class,
            () -> Autodiff.gradients(g, loss, List.of("x0"), GradientRules.standard()));
    assertEquals(type, e.opType());
    assertTrue(e.getMessage().startsWith("Node 'layer/odd' (" + type), e.getMessage());
    assertTrue(e.getMessage().contains(why), e.getMessage());
  }

  @Test
  void gradient_withARuleOfAUser_usesIt() throws Exception {
    GraphBuilder g = new GraphBuilder();
    Value x = g.input("x0", TensorType.floats(2, 2));
    Value loss = g.sumAll(g.op("Det", x));
    GraphProbe.probe(g, Map.of());
    GradientRules rules =
        GradientRules.standard()
            .with("", "Det", n -> n.give(0, n.graph().expand(n.grad(), n.shape(0))));
    assertTrue(rules.supported().contains("Det"));
    assertEquals(1, Autodiff.gradients(g, loss, List.of("x0"), rules).size());
  }
}
