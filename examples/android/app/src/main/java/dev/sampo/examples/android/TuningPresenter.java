package dev.sampo.examples.android;

import dev.sampo.io.AtomicFile;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.text.GenerationRequest;
import dev.sampo.text.TextGenerator;
import dev.sampo.training.graph.Backend;
import dev.sampo.training.recipe.Recipe;
import dev.sampo.training.recipe.RecipeOptions;
import dev.sampo.training.recipe.Recipes;
import dev.sampo.training.run.CheckpointStore;
import dev.sampo.training.run.RunConfig;
import dev.sampo.training.run.Schedule;
import dev.sampo.training.run.TrainingListener;
import dev.sampo.training.run.TrainingRun;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * Fine-tunes the character model on a text of the user's, by graphs of standard operators: any ONNX Runtime does. Each start goes on from the
 * last checkpoint. Called on the main thread.
 */
final class TuningPresenter implements AutoCloseable {
  private static final int BATCH = 4;
  private static final int LENGTH = 32;
  private static final double RATE = 2e-3;
  private static final int SAMPLE_CHARACTERS = 120;

  /** What is shown. */
  interface View extends Worker.Listener {
    /** An update was made. */
    void onStep(long step, long total, float loss);

    /** A checkpoint is on the disk. */
    void onCheckpoint(long step);

    /** Text by the tuned model. */
    void onSample(String text);

    /** What was learned is gone. */
    void onForgotten();

    /** It ended; after a cancelled run the next start goes on at this step. */
    void onEnd(long step, boolean stopped);
  }

  private final Worker worker;
  private final AppFiles files;
  private final View view;

  TuningPresenter(Worker worker, AppFiles files, View view) {
    this.worker = worker;
    this.files = files;
    this.view = view;
  }

  /**
   * Begins to train; nothing while a training runs.
   *
   * @param text what to learn; the app's own sample if it is blank
   * @param steps updates, beyond those that were made before
   */
  void train(String text, int steps) {
    worker.start(token -> run(text, steps, token), view);
  }

  /** Forgets what was learned; nothing while a training runs. */
  void forget() {
    worker.start(
        token -> {
          delete(files.tuned());
          worker.post(view::onForgotten);
        },
        view);
  }

  private static void delete(Path path) throws IOException {
    if (Files.isDirectory(path)) {
      try (DirectoryStream<Path> entries = Files.newDirectoryStream(path)) {
        for (Path entry : entries) {
          delete(entry);
        }
      }
    }
    Files.delete(path);
  }

  private void run(String text, int steps, CancellationToken token) throws IOException {
    Path folder = files.model("scripture-lstm", token);
    Path out = files.tuned();
    Path data = out.resolve("data.txt");
    String learned = text.trim().isEmpty() ? files.sampleText() : text;
    AtomicFile.write(data, to -> to.write(learned.getBytes(StandardCharsets.UTF_8)));
    Recipe recipe = recipe(folder, data);
    CheckpointStore.Saved saved =
        new CheckpointStore(out.resolve("checkpoints"), 2).latest(recipe.fingerprint());
    long total = (saved == null ? 0 : saved.step()) + steps;
    RunConfig config = RunConfig.of(out, total, Schedule.constant(RATE)).withCheckpoints(10, 2);
    TrainingRun.Outcome outcome =
        new TrainingRun(config, listener()).run(recipe.fingerprint(), recipe::open, token);
    if (!outcome.cancelled()) {
      recipe.export(outcome.states(), out.resolve("model"));
      sample(out.resolve("model"), token);
    }
    worker.post(() -> view.onEnd(outcome.step(), outcome.cancelled()));
  }

  private static Recipe recipe(Path folder, Path data) throws IOException {
    RecipeOptions options =
        RecipeOptions.of(data)
            .withBatch(BATCH)
            .withLength(LENGTH)
            .withThreads(Phone.threads())
            .withBackend(Backend.PLAIN);
    return Recipes.of(folder, options);
  }

  private TrainingListener listener() {
    return new TrainingListener() {
      @Override
      public void onStep(long step, long steps, Map<String, Float> numbers) {
        float loss = numbers.getOrDefault("loss", Float.NaN);
        worker.post(() -> view.onStep(step, steps, loss));
      }

      @Override
      public void onCheckpoint(long step) {
        worker.post(() -> view.onCheckpoint(step));
      }
    };
  }

  private void sample(Path model, CancellationToken token) {
    GenerationConfig config =
        GenerationConfig.builder()
            .doSample(true)
            .temperature(0.6)
            .maxNewTokens(SAMPLE_CHARACTERS)
            .build();
    try (TextGenerator generator = TextGenerator.open(model, Phone.session())) {
      GenerationRequest request =
          GenerationRequest.builder()
              .prompt("\n")
              .config(config)
              .seed(1)
              .cancellation(token)
              .build();
      String text = generator.generate(request).text();
      worker.post(() -> view.onSample(text));
    }
  }

  /** Stops after the step under way; a checkpoint is kept. */
  void stop() {
    worker.stop();
  }

  /** Everything is closed by the run itself. */
  @Override
  public void close() {
    worker.close(() -> {});
  }
}
