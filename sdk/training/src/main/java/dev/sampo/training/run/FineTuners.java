package dev.sampo.training.run;

import dev.sampo.training.artifacts.OrtFineTuner;
import dev.sampo.training.graph.Backend;
import dev.sampo.training.graph.FineTuner;
import dev.sampo.training.graph.OptimizerConfig;
import dev.sampo.training.graph.SessionSetup;
import dev.sampo.training.graph.TrainingGraph;
import dev.sampo.training.graph.TrainingState;
import dev.sampo.training.plain.PlainFineTuner;

/** Opens fine-tuners of either back end. */
public final class FineTuners {
  private FineTuners() {}

  /** Opens a run that starts at the weights of the files. */
  public static FineTuner open(TrainingGraph graph, OptimizerConfig optimizer, Backend backend) {
    return open(
        graph,
        optimizer,
        backend,
        TrainingState.initial(graph, optimizer),
        SessionSetup.defaults());
  }

  /** Opens a run that goes on from a state. */
  public static FineTuner open(
      TrainingGraph graph,
      OptimizerConfig optimizer,
      Backend backend,
      TrainingState state,
      SessionSetup setup) {
    return switch (backend) {
      case PLAIN -> new PlainFineTuner(graph, optimizer, state, setup);
      case ORT_TRAINING -> new OrtFineTuner(graph, optimizer, state, setup);
    };
  }
}
