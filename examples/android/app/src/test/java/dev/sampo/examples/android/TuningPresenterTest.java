package dev.sampo.examples.android;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OrtEnvironment;
import dev.sampo.text.TextGenerator;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TuningPresenterTest {
  private static final class Recorded implements TuningPresenter.View {
    final List<Long> steps = new ArrayList<>();
    final List<Float> losses = new ArrayList<>();
    final List<Long> checkpoints = new ArrayList<>();
    final List<String> errors = new ArrayList<>();
    Runnable atStep = () -> {};
    String sample = "";
    long end = -1;
    boolean stopped;
    boolean forgotten;
    boolean running;

    @Override
    public void onRunning(boolean value) {
      running = value;
    }

    @Override
    public void onError(String message) {
      errors.add(message);
    }

    @Override
    public void onStep(long step, long total, float loss) {
      steps.add(step);
      losses.add(loss);
      atStep.run();
    }

    @Override
    public void onCheckpoint(long step) {
      checkpoints.add(step);
    }

    @Override
    public void onSample(String text) {
      sample = text;
    }

    @Override
    public void onForgotten() {
      forgotten = true;
    }

    @Override
    public void onEnd(long step, boolean wasStopped) {
      end = step;
      stopped = wasStopped;
    }

    double mean(int from, int to) {
      return losses.subList(from, to).stream().mapToDouble(x -> x).average().orElseThrow();
    }
  }

  private final MainThread main = new MainThread();

  @Test
  void train_on_the_sample_then_loss_falls_and_a_model_and_a_checkpoint_are_there(
      @TempDir Path folder) throws Exception {
    Recorded view = new Recorded();
    TuningPresenter presenter =
        new TuningPresenter(new Worker("tuning", main), new ShippedFiles(folder), view);
    presenter.train("  ", 24);
    main.until(() -> !view.running);

    assertEquals(List.of(), view.errors);
    assertFalse(OrtEnvironment.getEnvironment().isTrainingEnabled(), "the stock ONNX Runtime");
    assertEquals(24, view.losses.size());
    assertTrue(view.mean(18, 24) < 0.85 * view.mean(0, 6), view.losses.toString());
    assertEquals(List.of(10L, 20L, 24L), view.checkpoints);
    assertEquals(24, view.end);
    assertFalse(view.stopped);
    assertTrue(Files.isDirectory(folder.resolve("checkpoints/step-000000024")));
    assertFalse(view.sample.isEmpty());
    try (TextGenerator tuned = TextGenerator.open(folder.resolve("model"))) {
      assertTrue(tuned.vocabularySize() > 0);
    }

    presenter.forget();
    main.until(() -> !view.running);
    assertTrue(view.forgotten);
    assertFalse(Files.exists(folder));
    presenter.close();
  }

  @Test
  void stop_at_the_third_step_then_checkpoint_is_kept_and_the_next_start_goes_on(
      @TempDir Path folder) throws Exception {
    Recorded view = new Recorded();
    MainThread atOnce = MainThread.atOnce();
    TuningPresenter presenter =
        new TuningPresenter(new Worker("tuning", atOnce), new ShippedFiles(folder), view);
    String text = "The mill ground out flour, and salt, and coins of gold. ".repeat(20);
    view.atStep =
        () -> {
          if (view.steps.size() == 3) {
            presenter.stop();
          }
        };
    presenter.train(text, 10);
    atOnce.until(() -> !view.running);
    presenter.close();
    assertTrue(view.stopped);
    assertEquals(3, view.end);
    assertEquals(List.of(3L), view.checkpoints);

    Recorded next = new Recorded();
    TuningPresenter again =
        new TuningPresenter(new Worker("tuning", main), new ShippedFiles(folder), next);
    again.train(text, 2);
    main.until(() -> !next.running);
    again.close();
    assertEquals(List.of(), next.errors);
    assertEquals(List.of(4L, 5L), next.steps);
    assertEquals(5, next.end);
  }

  @Test
  void train_on_a_text_that_is_too_short_then_says_how_much_it_takes(@TempDir Path folder)
      throws Exception {
    Recorded view = new Recorded();
    TuningPresenter presenter =
        new TuningPresenter(new Worker("tuning", main), new ShippedFiles(folder), view);
    presenter.train("Too short.", 5);
    main.until(() -> !view.errors.isEmpty());
    presenter.close();
    assertTrue(view.errors.get(0).contains("needs 129"), view.errors.toString());
    assertFalse(view.running);
  }
}
