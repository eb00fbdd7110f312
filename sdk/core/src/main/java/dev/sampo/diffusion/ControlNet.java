package dev.sampo.diffusion;

import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.Graph;
import dev.sampo.runtime.GraphRun;
import dev.sampo.runtime.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Guides a denoising UNet by residuals that are added inside it (Zhang et al. 2023, arXiv:2302.05543), for graphs that have the inputs
 * {@code down_block_additional_residual.N} and {@code mid_block_additional_residual}. Residuals of a graph that was loaded with {@code
 * deviceTensors} go from graph to graph on the device.
 */
@FunctionalInterface
public interface ControlNet {

  /**
   * The residuals for one model call, the middle one last. They stay this object's and are read before the next call.
   *
   * @param sample the UNet's input
   * @param timestep the UNet's time, as a tensor of its type
   * @param features the prompts' features
   */
  List<Tensor> residuals(Tensor sample, Tensor timestep, Tensor features, CancellationToken token);

  /**
   * A ControlNet that is an ONNX graph itself, with the inputs {@code sample, timestep, encoder_hidden_states, controlnet_cond} and
   * perhaps {@code conditioning_scale}; its outputs, in their order, are the residuals.
   *
   * @param condition pictures that guide, as many as the UNet's batch, in 0..1: [batch, 3, height, width]
   * @param scale how strongly
   */
  static GraphControlNet ofGraph(Graph graph, Tensor condition, double scale) {
    return new GraphControlNet(graph, condition, scale);
  }

  /** See {@link ControlNet#ofGraph}. */
  final class GraphControlNet implements ControlNet, AutoCloseable {
    private final GraphRun run;
    private final List<String> outputs;
    private final List<Tensor> residuals = new ArrayList<>();
    private final Tensor condition;
    private final Tensor scale;
    private final boolean takesScale;

    private GraphControlNet(Graph graph, Tensor condition, double scale) {
      this.run = graph.prepare();
      this.outputs = new ArrayList<>(graph.outputs().keySet());
      this.condition = condition;
      this.takesScale = graph.inputs().containsKey("conditioning_scale");
      this.scale =
          Tensor.ofFloats(
              takesScale
                  ? Shapes.scalarLike(graph.inputs().get("conditioning_scale").shape())
                  : dev.sampo.runtime.Shape.scalar(),
              (float) scale);
    }

    @Override
    public List<Tensor> residuals(
        Tensor sample, Tensor timestep, Tensor features, CancellationToken token) {
      run.input("sample", sample)
          .input("timestep", timestep)
          .constant("encoder_hidden_states", features)
          .constant("controlnet_cond", condition);
      if (takesScale) {
        run.constant("conditioning_scale", scale);
      }
      for (String output : outputs) {
        run.resident(output);
      }
      run.run(token);
      residuals.clear();
      for (String output : outputs) {
        residuals.add(run.result(output));
      }
      return residuals;
    }

    @Override
    public void close() {
      run.close();
      scale.close();
    }
  }
}
