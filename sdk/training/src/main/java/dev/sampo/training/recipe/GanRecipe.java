package dev.sampo.training.recipe;

import dev.sampo.error.SampoException;
import dev.sampo.training.graph.Batch;
import dev.sampo.training.graph.FineTuner;
import dev.sampo.training.graph.OptimizerConfig;
import dev.sampo.training.graph.Parameter;
import dev.sampo.training.graph.StepResult;
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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Two runs in turns: the discriminator's step, then the generator's, each through the other's newest weights. */
final class GanRecipe implements Recipe {
  private final TrainingGraph generator;
  private final TrainingGraph discriminator;
  private final OptimizerConfig makersOptimizer;
  private final OptimizerConfig criticsOptimizer;
  private final RecipeOptions options;
  private final TunerJob.Batches batches;
  private final FolderExport export;

  GanRecipe(
      TrainingGraph generator,
      TrainingGraph discriminator,
      OptimizerConfig makersOptimizer,
      OptimizerConfig criticsOptimizer,
      RecipeOptions options,
      TunerJob.Batches batches,
      FolderExport export) {
    this.generator = generator;
    this.discriminator = discriminator;
    this.makersOptimizer = makersOptimizer;
    this.criticsOptimizer = criticsOptimizer;
    this.options = options;
    this.batches = batches;
    this.export = export;
  }

  @Override
  public Map<String, TrainingGraph> graphs() {
    Map<String, TrainingGraph> result = new LinkedHashMap<>();
    result.put("discriminator", discriminator);
    result.put("generator", generator);
    return result;
  }

  @Override
  public Job open(Map<String, TrainingState> states) {
    return new GanJob(
        tuner(generator, makersOptimizer, states.get("generator")),
        tuner(discriminator, criticsOptimizer, states.get("discriminator")));
  }

  private FineTuner tuner(
      TrainingGraph graph,
      OptimizerConfig optimizer,
      @org.jspecify.annotations.Nullable TrainingState state) {
    TrainingState start = state != null ? state : TrainingState.initial(graph, optimizer);
    return FineTuners.open(graph, optimizer, options.backend(), start, options.setup());
  }

  @Override
  public String fingerprint() {
    return Fingerprints.of(generator) + Fingerprints.of(discriminator);
  }

  @Override
  public long defaultSteps() {
    return 800;
  }

  @Override
  public Schedule defaultSchedule(long steps) {
    return Schedule.linear(3e-4, Math.min(20, steps / 10), steps);
  }

  @Override
  public void export(Map<String, TrainingState> states, Path folder) throws IOException {
    export.write(
        folder,
        model -> {
          TrainingState state = states.get(model);
          if (state == null) {
            throw new SampoException("There is no state '" + model + "'.");
          }
          TrainingGraph graph = model.equals("generator") ? generator : discriminator;
          return graph.export(model, state.best());
        });
  }

  private final class GanJob implements Job {
    private final FineTuner maker;
    private final FineTuner critic;
    private final List<Parameter> makersWeights =
        discriminator.live().getOrDefault("generator", Collections.emptyList());
    private final List<Parameter> criticsWeights =
        generator.live().getOrDefault("discriminator", Collections.emptyList());

    GanJob(FineTuner maker, FineTuner critic) {
      this.maker = maker;
      this.critic = critic;
    }

    @Override
    public Map<String, Float> step(long step, double learningRate) {
      Batch batch = batches.at(step);
      give(batch, "generator", maker.weights(makersWeights));
      StepResult d = critic.step(batch, 2 * learningRate);
      give(batch, "discriminator", critic.weights(criticsWeights));
      StepResult g = maker.step(batch, learningRate);
      Map<String, Float> numbers = new LinkedHashMap<>();
      numbers.put("loss", d.loss() + g.loss());
      numbers.put("discriminator_loss", d.loss());
      numbers.put("generator_loss", g.loss());
      numbers.putAll(d.metrics());
      return numbers;
    }

    private void give(Batch batch, String model, float[] weights) {
      batch.floats(TrainingGraph.liveInput(model), weights, weights.length);
    }

    @Override
    public Map<String, Float> evaluate() {
      return Collections.emptyMap();
    }

    @Override
    public Map<String, TrainingState> states() {
      Map<String, TrainingState> result = new LinkedHashMap<>();
      result.put("generator", maker.state());
      result.put("discriminator", critic.state());
      return result;
    }

    @Override
    public String fingerprint() {
      return GanRecipe.this.fingerprint();
    }

    @Override
    public void close() {
      maker.close();
      critic.close();
    }
  }
}
