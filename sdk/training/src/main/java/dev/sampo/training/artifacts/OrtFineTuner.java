package dev.sampo.training.artifacts;
import dev.sampo.training.*;
import java.util.Map;
public final class OrtFineTuner implements FineTuner {
  public OrtFineTuner(TrainingGraph graph, OptimizerConfig optimizer, TrainingState state, SessionSetup setup) { throw new UnsupportedOperationException(); }
  public TrainingGraph graph() { throw new UnsupportedOperationException(); }
  public StepResult step(Batch b, double lr) { throw new UnsupportedOperationException(); }
  public Map<String, Float> evaluate(Batch b) { throw new UnsupportedOperationException(); }
  public long steps() { return 0; }
  public TrainingState state() { throw new UnsupportedOperationException(); }
  public void close() {}
}
