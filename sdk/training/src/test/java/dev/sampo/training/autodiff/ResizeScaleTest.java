package dev.sampo.training.autodiff;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import dev.sampo.onnx.Attr;
import dev.sampo.onnx.GraphBuilder;
import dev.sampo.onnx.GraphProbe;
import dev.sampo.onnx.TensorType;
import dev.sampo.onnx.Value;
import dev.sampo.training.artifacts.NativeTraining;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Resize by a stated scale that is not the quotient of the sizes: 3 places times 1.7 are 5, and 5 / 3 is another number. */
class ResizeScaleTest {
  static {
    // All tests of the module share a process, and some need the library with training.
    NativeTraining.install();
  }

  @Test
  void gradient_whenScalesAreStated_thenTheyHoldAndNotTheSizes() throws Exception {
    GraphBuilder g = new GraphBuilder();
    Value x = g.input("x", TensorType.floats(1, 1, 1, 3));
    List<Value> in = List.of(x, Value.NONE, g.floats(new long[] {4}, 1, 1, 1, 1.7f));
    Value y = g.node("", "Resize", List.of(Attr.of("mode", "linear")), in, 1).get(0);
    Value weights = g.floats(new long[] {1, 1, 1, 5}, 1, -2, 3, 0.5f, 4);
    Value loss = g.sumAll(g.mul(y, weights));
    GraphProbe.probe(g, Map.of());
    Value dx = Autodiff.gradients(g, loss, List.of("x"), GradientRules.standard()).get("x");
    g.clearOutputs();
    g.output(loss);
    g.output(dx);
    OrtEnvironment env = OrtEnvironment.getEnvironment();
    try (OrtSession session = env.createSession(g.model().toByteArray())) {
      float[] gradient = run(env, session, new float[3], dx.name());
      for (int i = 0; i < 3; i++) {
        // The graph is linear: its value at a unit vector is the slope.
        float[] unit = new float[3];
        unit[i] = 1;
        assertEquals(run(env, session, unit, loss.name())[0], gradient[i], 1e-5, "place " + i);
      }
    }
  }

  private static float[] run(OrtEnvironment env, OrtSession session, float[] x, String output)
      throws Exception {
    try (OnnxTensor feed =
            OnnxTensor.createTensor(env, FloatBuffer.wrap(x), new long[] {1, 1, 1, 3});
        OrtSession.Result result = session.run(Map.of("x", feed))) {
      FloatBuffer values = ((OnnxTensor) result.get(output).orElseThrow()).getFloatBuffer();
      float[] all = new float[values.remaining()];
      values.get(all);
      return all;
    }
  }
}
