package dev.sampo.training;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sampo.Progress;
import dev.sampo.Timings;
import dev.sampo.error.CancelledException;
import dev.sampo.error.ModelException;
import dev.sampo.error.RequestException;
import dev.sampo.error.SampoException;
import dev.sampo.io.AtomicFile;
import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.training.data.PictureSet;
import dev.sampo.training.graph.LoraConfig;
import dev.sampo.training.graph.Trainable;
import dev.sampo.training.recipe.Recipe;
import dev.sampo.training.recipe.RecipeOptions;
import dev.sampo.training.recipe.Recipes;
import dev.sampo.training.run.RunConfig;
import dev.sampo.training.run.Schedule;
import dev.sampo.training.run.TrainingListener;
import dev.sampo.training.run.TrainingRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Fine-tunes a model folder of any family that has a recipe ({@link Recipes#of}) on data of one's own. Immutable: each method gives a request
 * that differs in one thing.
 *
 * <pre>{@code
 * FineTuned tuned = FineTuning.of(Paths.get("scripture-lstm"), Paths.get("my.txt"))
 *     .steps(300)
 *     .out(Paths.get("tuned"))
 *     .progress(step -> System.out.println(step.done() + " " + step.loss()))
 *     .run();
 * try (TextGenerator generator = TextGenerator.open(tuned.model())) { ... }
 * }</pre>
 *
 * <p>The folder of {@link #out(Path)} gets {@code model/}, {@code metrics.jsonl} and {@code checkpoints/}. The same request on the same folder
 * goes on where a run was cut off and ends bit for bit as an undisturbed one; {@code seed.json} there keeps a seed that was drawn.
 */
public final class FineTuning {
  /** Changes the learning rates that a family takes. */
  public interface ScheduleChange {
    /**
     * The rates in their place.
     *
     * @param own the family's
     * @param updates how many there will be
     */
    Schedule of(Schedule own, long updates);
  }

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path model;
  private final RecipeOptions options;
  private final @Nullable Path out;
  private final long steps;
  private final @Nullable Long seed;
  private final @Nullable Schedule schedule;
  private final ScheduleChange scheduleChange;
  private final @Nullable UnaryOperator<PictureSet> pictureChange;
  private final RunConfig pace;
  private final CancellationToken cancellation;
  private final @Nullable Progress<? super TrainingStep> progress;
  private final @Nullable Progress<? super TrainingStep> validations;

  private FineTuning(Draft draft) {
    model = draft.model;
    options = draft.options;
    out = draft.out;
    steps = draft.steps;
    seed = draft.seed;
    schedule = draft.schedule;
    scheduleChange = draft.scheduleChange;
    pictureChange = draft.pictureChange;
    pace = draft.pace;
    cancellation = draft.cancellation;
    progress = draft.progress;
    validations = draft.validations;
  }

  /**
   * A request with everything at the family's defaults.
   *
   * @param model a model folder
   * @param data the training data; what it has to be is said at {@link Recipes#of}
   */
  public static FineTuning of(Path model, Path data) {
    return new FineTuning(new Draft(model, RecipeOptions.of(data)));
  }

  /** The model folder that is tuned. */
  public Path model() {
    return model;
  }

  /** What else was chosen: batch, length, weights, optimizer, back end, columns, the reader of pictures. */
  public RecipeOptions options() {
    return options;
  }

  /** Chooses it: {@code options(o -> o.withBatch(8).withColumns(List.of("prompt", "answer")))}. */
  public FineTuning options(UnaryOperator<RecipeOptions> change) {
    return with(draft -> draft.options = change.apply(draft.options));
  }

  /** The folder of the results, or null if it was not said yet. */
  public @Nullable Path out() {
    return out;
  }

  /** Where the results go; has to be said. */
  public FineTuning out(Path folder) {
    return with(draft -> draft.out = folder);
  }

  /** Updates in all; 0 if the family's own number is taken. */
  public long steps() {
    return steps;
  }

  /**
   * Updates in all.
   *
   * @throws RequestException if it is less than 1
   */
  public FineTuning steps(long count) {
    if (count < 1) {
      throw new RequestException("steps", "steps is " + count + ", wanted at least 1.");
    }
    return with(draft -> draft.steps = count);
  }

  /** What everything random is drawn from; null if it is drawn, and told in the result. */
  public @Nullable Long seed() {
    return seed;
  }

  /** See {@link #seed()}. */
  public FineTuning seed(@Nullable Long value) {
    return with(draft -> draft.seed = value);
  }

  /** The learning rates; null if the family's own are taken. */
  public @Nullable Schedule schedule() {
    return schedule;
  }

  /** See {@link #schedule()}. */
  public FineTuning schedule(@Nullable Schedule value) {
    return with(draft -> draft.schedule = value);
  }

  /** Changes the learning rates, the family's own or those of {@link #schedule(Schedule)}, once the number of updates is known. */
  public FineTuning scheduleChange(ScheduleChange change) {
    return with(draft -> draft.scheduleChange = change);
  }

  /** Changes the pictures before the training, of a family that is trained on pictures. */
  public FineTuning pictureChange(UnaryOperator<PictureSet> change) {
    return with(draft -> draft.pictureChange = change);
  }

  /**
   * Trains low-rank changes only, merged into the weights at the end.
   *
   * @param rank 1 or more; 8 is usual
   */
  public FineTuning lora(int rank) {
    if (rank < 1) {
      throw new RequestException("lora", "lora is " + rank + ", wanted a rank of at least 1.");
    }
    return options(o -> o.withTrainable(Trainable.lora(LoraConfig.ofRank(rank))));
  }

  /** How often is saved (every 100 updates) and how many checkpoints stay (2; 0 keeps all). */
  public FineTuning checkpoints(long every, int kept) {
    if (every < 1 || kept < 0) {
      throw new RequestException(
          "checkpoints", "checkpoints is " + every + ", " + kept + ", wanted at least 1, 0.");
    }
    return with(draft -> draft.pace = draft.pace.withCheckpoints(every, kept));
  }

  /** How often is validated (0: at the end only), and after how many times without a better loss it stops (0: never). */
  public FineTuning evaluation(long every, int patience) {
    if (every < 0 || patience < 0) {
      throw new RequestException(
          "evaluation", "evaluation is " + every + ", " + patience + ", wanted at least 0, 0.");
    }
    return with(draft -> draft.pace = draft.pace.withEvaluation(every, patience));
  }

  /** What can stop it. */
  public CancellationToken cancellation() {
    return cancellation;
  }

  /** See {@link #cancellation()}. */
  public FineTuning cancellation(CancellationToken token) {
    return with(draft -> draft.cancellation = token);
  }

  /** Who is told after each update, or null. */
  public @Nullable Progress<? super TrainingStep> progress() {
    return progress;
  }

  /** See {@link #progress()}. */
  public FineTuning progress(@Nullable Progress<? super TrainingStep> listener) {
    return with(draft -> draft.progress = listener);
  }

  /** Who is told the numbers on the data that are kept back, or null; the first time before the first update. */
  public @Nullable Progress<? super TrainingStep> validations() {
    return validations;
  }

  /** See {@link #validations()}. */
  public FineTuning validations(@Nullable Progress<? super TrainingStep> listener) {
    return with(draft -> draft.validations = listener);
  }

  /**
   * What {@link #run()} would train, to look at: its graphs, its sizes, its own number of updates. Reads the data.
   *
   * @throws SampoException as {@link #run()}
   */
  public Recipe recipe() throws IOException {
    Long chosen = seed;
    return recipe(chosen == null ? 0 : chosen);
  }

  private Recipe recipe(long drawn) throws IOException {
    RecipeOptions seeded = options.withSeed(drawn);
    UnaryOperator<PictureSet> change = pictureChange;
    if (change == null) {
      return Recipes.of(model, seeded);
    }
    PictureSet pictures = change.apply(Recipes.pictures(model, seeded));
    return Recipes.ofPictures(model, ModelFolder.open(model).family(), pictures, seeded);
  }

  /**
   * Trains, and writes the tuned model.
   *
   * @throws RequestException if no folder for the results was said
   * @throws ModelException if a file of the model or a checkpoint is at fault
   * @throws SampoException if the data do not suit the model, the loss is no number, or another training has the folder
   * @throws CancelledException if it was cancelled: the step was finished and saved, {@code partial(FineTuned.class)} tells which
   * @throws IOException if a file cannot be read or written
   */
  public FineTuned run() throws IOException {
    Path folder = out;
    if (folder == null) {
      throw new RequestException("out", "out is missing: the folder that the tuned model goes to.");
    }
    long begin = System.nanoTime();
    Path kept = folder.resolve("seed.json");
    long drawn = seedOf(kept);
    Recipe recipe = recipe(drawn);
    // Not before the data are known to be good: a mistake leaves no folder behind.
    Files.createDirectories(folder);
    if (seed == null && !Files.exists(kept)) {
      keep(drawn, kept);
    }
    long total = steps == 0 ? recipe.defaultSteps() : steps;
    Schedule rates =
        scheduleChange.of(schedule == null ? recipe.defaultSchedule(total) : schedule, total);
    RunConfig config =
        RunConfig.of(folder, total, rates)
            .withCheckpoints(pace.checkpointEvery(), pace.keep())
            .withEvaluation(pace.evaluateEvery(), pace.patience());
    Counter counter = new Counter(progress, validations, total);
    long loop = System.nanoTime();
    TrainingRun.Outcome outcome =
        new TrainingRun(config, counter).run(recipe.fingerprint(), recipe::open, cancellation);
    long ended = System.nanoTime();
    Path tuned = outcome.cancelled() ? null : folder.resolve("model");
    if (tuned != null) {
      recipe.export(outcome.states(), tuned);
    }
    Timings timings =
        new Timings(
            0,
            (loop - begin) / 1e6,
            (ended - loop) / 1e6,
            0,
            (System.nanoTime() - begin) / 1e6,
            counter.steps);
    FineTuned result =
        new FineTuned(
            tuned, outcome.step(), drawn, outcome.stoppedEarly(), outcome.evaluation(), timings);
    if (tuned == null) {
      throw new CancelledException(
          "The training was cancelled after step "
              + outcome.step()
              + " of "
              + total
              + "; the same request goes on from there.",
          null,
          result);
    }
    return result;
  }

  /** The request's seed, or the one that an earlier run in this folder drew, or a new one. */
  private long seedOf(Path file) throws IOException {
    Long chosen = seed;
    if (chosen != null) {
      return chosen;
    }
    if (Files.isRegularFile(file)) {
      try {
        var node = JSON.readTree(Files.readAllBytes(file)).path("seed");
        if (node.isIntegralNumber() && node.canConvertToLong()) {
          return node.asLong();
        }
      } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
        throw new ModelException(file, "File " + file + " is no JSON. Remove it.", e);
      }
      throw new ModelException(file, "File " + file + " has no number 'seed'. Remove it.");
    }
    return new SecureRandom().nextLong() >>> 1;
  }

  private static void keep(long drawn, Path file) throws IOException {
    byte[] bytes = JSON.writeValueAsBytes(JSON.createObjectNode().put("seed", drawn));
    AtomicFile.writeDurably(file, stream -> stream.write(bytes));
  }

  private FineTuning with(java.util.function.Consumer<Draft> change) {
    Draft draft = new Draft(model, options);
    draft.out = out;
    draft.steps = steps;
    draft.seed = seed;
    draft.schedule = schedule;
    draft.scheduleChange = scheduleChange;
    draft.pictureChange = pictureChange;
    draft.pace = pace;
    draft.cancellation = cancellation;
    draft.progress = progress;
    draft.validations = validations;
    change.accept(draft);
    return new FineTuning(draft);
  }

  /** Counts this run's updates and hands them on. */
  private static final class Counter implements TrainingListener {
    private final @Nullable Progress<? super TrainingStep> progress;
    private final @Nullable Progress<? super TrainingStep> validations;
    private final long total;
    private long steps;

    Counter(
        @Nullable Progress<? super TrainingStep> progress,
        @Nullable Progress<? super TrainingStep> validations,
        long total) {
      this.progress = progress;
      this.validations = validations;
      this.total = total;
    }

    @Override
    public void onEvaluation(long step, Map<String, Float> numbers) {
      if (validations != null) {
        validations.onStep(new TrainingStep(step, total, numbers));
      }
    }

    @Override
    public void onStep(long step, long of, Map<String, Float> numbers) {
      steps++;
      if (progress != null) {
        progress.onStep(new TrainingStep(step, of, numbers));
      }
    }
  }

  /** The fields of a request, to change one of. */
  private static final class Draft {
    final Path model;
    RecipeOptions options;
    @Nullable Path out;
    long steps;
    @Nullable Long seed;
    @Nullable Schedule schedule;
    ScheduleChange scheduleChange = (own, updates) -> own;
    @Nullable UnaryOperator<PictureSet> pictureChange;
    RunConfig pace;
    CancellationToken cancellation = CancellationToken.none();
    @Nullable Progress<? super TrainingStep> progress;
    @Nullable Progress<? super TrainingStep> validations;

    Draft(Path model, RecipeOptions options) {
      this.model = model;
      this.options = options;
      // Its folder, number of steps and rates are not looked at.
      pace = RunConfig.of(model, 1, Schedule.constant(1));
    }
  }
}
