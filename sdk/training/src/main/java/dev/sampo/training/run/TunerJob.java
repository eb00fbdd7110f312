package dev.sampo.training.run;

import dev.sampo.training.graph.Batch;
import dev.sampo.training.graph.FineTuner;
import dev.sampo.training.graph.StepResult;
import dev.sampo.training.graph.TrainingState;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** One fine-tuner and its batches. */
public final class TunerJob implements Job {
  /** The batch of a micro-step; the same number always gives the same batch. */
  @FunctionalInterface
  public interface Batches {
    Batch at(long microStep);
  }

  private final FineTuner tuner;
  private final Batches batches;
  private final int accumulation;
  private final List<Batch> validation;

  /**
   * @param accumulation micro-batches an update, as in the tuner's optimizer
   */
  public TunerJob(FineTuner tuner, Batches batches, int accumulation, List<Batch> validation) {
    this.tuner = tuner;
    this.batches = batches;
    this.accumulation = accumulation;
    this.validation = validation;
  }

  @Override
  public Map<String, Float> step(long step, double learningRate) {
    Map<String, Float> sums = new LinkedHashMap<>();
    double norm = Double.NaN;
    for (int i = 0; i < accumulation; i++) {
      StepResult result = tuner.step(batches.at(step * accumulation + i), learningRate);
      sums.merge("loss", result.loss() / accumulation, Float::sum);
      result.metrics().forEach((k, v) -> sums.merge(k, v / accumulation, Float::sum));
      norm = result.updated() ? result.gradNorm() : norm;
    }
    if (!Double.isNaN(norm)) {
      sums.put("grad_norm", (float) norm);
    }
    return sums;
  }

  @Override
  public Map<String, Float> evaluate() {
    Map<String, Float> sums = new LinkedHashMap<>();
    for (Batch batch : validation) {
      tuner.evaluate(batch).forEach((k, v) -> sums.merge(k, v / validation.size(), Float::sum));
    }
    return sums;
  }

  @Override
  public Map<String, TrainingState> states() {
    return Collections.singletonMap("model", tuner.state());
  }

  @Override
  public String fingerprint() {
    return Fingerprints.of(tuner.graph());
  }

  @Override
  public void close() {
    tuner.close();
  }
}
