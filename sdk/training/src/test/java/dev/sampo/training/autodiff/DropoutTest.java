package dev.sampo.training.autodiff;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import dev.sampo.onnx.GraphBuilder;
import dev.sampo.onnx.GraphProbe;
import dev.sampo.onnx.TensorType;
import dev.sampo.onnx.Tensors;
import dev.sampo.onnx.Value;
import dev.sampo.onnx.proto.TensorProto;
import dev.sampo.training.run.StepRandom;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Dropout in training mode, where the mask is drawn by the run: it is read back and the gradient worked out from it. */
class DropoutTest {
  static {
    // All tests of the module share a process, and some need the library with training.
    dev.sampo.training.artifacts.NativeTraining.install();
  }

  private static final int SIZE = 400;

  @Test
  void gradient_inTrainingMode_followsTheMaskOfTheForwardPass() throws Exception {
    float ratio = 0.3f;
    GraphBuilder g = new GraphBuilder();
    Value input = g.input("x", TensorType.floats(SIZE));
    float[] weights = new StepRandom(3, "weights", 0).gaussians(SIZE);
    byte[] yes = {1};
    Value training = g.constant(Tensors.raw("", TensorProto.DataType.BOOL_VALUE, new long[0], yes));
    List<Value> in = List.of(input, g.scalar(ratio), training);
    g.node("", "Dropout", List.of(), in, List.of("y", "mask"));
    Value kept = new Value("y");
    Value loss = g.sumAll(g.mul(kept, g.floats(new long[] {SIZE}, weights)));
    GraphProbe.probe(g, Map.of());
    Value dx = Autodiff.gradients(g, loss, List.of("x"), GradientRules.standard()).get("x");
    g.clearOutputs();
    List.of(kept, new Value("mask"), dx).forEach(g::output);
    float[] x = new StepRandom(4, "x", 0).gaussians(SIZE);
    OrtEnvironment env = OrtEnvironment.getEnvironment();
    try (OrtSession session = env.createSession(g.model().toByteArray());
        OnnxTensor feed = OnnxTensor.createTensor(env, FloatBuffer.wrap(x), new long[] {SIZE});
        OrtSession.Result result = session.run(Map.of("x", feed))) {
      float[] y = (float[]) result.get("y").orElseThrow().getValue();
      boolean[] mask = (boolean[]) result.get("mask").orElseThrow().getValue();
      float[] gradient = (float[]) result.get(dx.name()).orElseThrow().getValue();
      int passed = 0;
      for (int i = 0; i < SIZE; i++) {
        passed += mask[i] ? 1 : 0;
        assertEquals(mask[i] ? x[i] / (1 - ratio) : 0, y[i], 1e-5, "output " + i);
        assertEquals(mask[i] ? weights[i] / (1 - ratio) : 0, gradient[i], 1e-5, "gradient " + i);
      }
      assertTrue(passed > SIZE / 2 && passed < SIZE * 9 / 10, "passed " + passed);
    }
  }
}
