package dev.sampo.training.recipe;

import dev.sampo.error.SampoException;
import dev.sampo.training.graph.Batch;
import dev.sampo.training.graph.FineTuner;
import dev.sampo.training.graph.TrainingGraph;
import dev.sampo.training.graph.TrainingState;
import dev.sampo.training.run.FineTuners;
import dev.sampo.training.run.Fingerprints;
import dev.sampo.training.run.Job;
import dev.sampo.training.run.Schedule;
import dev.sampo.training.run.TunerJob;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/** A recipe of one training graph. */
final class SingleRecipe implements Recipe {
  private static final double LORA_RATE = 4;

  private final TrainingGraph graph;
  private final RecipeOptions options;
  private final TunerJob.Batches batches;
  private final List<Batch> validation;
  private final FolderExport export;
  private final long steps;
  private final double rate;

  SingleRecipe(
      TrainingGraph graph,
      RecipeOptions options,
      TunerJob.Batches batches,
      List<Batch> validation,
      FolderExport export,
      long steps,
      double rate) {
    this.graph = graph;
    this.options = options;
    this.batches = batches;
    this.validation = validation;
    this.export = export;
    this.steps = steps;
    this.rate = rate;
  }

  @Override
  public Map<String, TrainingGraph> graphs() {
    return Collections.singletonMap("model", graph);
  }

  @Override
  public Job open(Map<String, TrainingState> states) {
    TrainingState start = states.get("model");
    if (start == null) {
      start = TrainingState.initial(graph, options.optimizer());
    }
    FineTuner tuner =
        FineTuners.open(graph, options.optimizer(), options.backend(), start, options.setup());
    return new TunerJob(tuner, batches, options.optimizer().accumulation(), validation);
  }

  @Override
  public String fingerprint() {
    return Fingerprints.of(graph);
  }

  @Override
  public long defaultSteps() {
    return steps;
  }

  @Override
  public Schedule defaultSchedule(long total) {
    // Low-rank changes start at zero and bear, and need, a higher rate than the weights themselves.
    double peak = options.trainable().isLora() ? LORA_RATE * rate : rate;
    return Schedule.cosine(peak, Math.min(20, total / 10), total);
  }

  @Override
  public void export(Map<String, TrainingState> states, Path folder) throws IOException {
    TrainingState state = states.get("model");
    if (state == null) {
      throw new SampoException("There is no state 'model' in " + states.keySet() + ".");
    }
    export.write(folder, model -> graph.export(model, state.best()));
  }
}
