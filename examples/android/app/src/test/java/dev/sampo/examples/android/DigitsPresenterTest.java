package dev.sampo.examples.android;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sampo.diffusion.DiffusionPipeline;
import dev.sampo.diffusion.DiffusionRequest;
import dev.sampo.picture.Pixels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DigitsPresenterTest {
  private final MainThread main = new MainThread();

  private static final class Recorded implements DigitsPresenter.View {
    final List<String> steps = new ArrayList<>();
    final List<Pixels> pictures = new ArrayList<>();
    final List<String> errors = new ArrayList<>();
    Runnable atStep = () -> {};
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
    public void onProgress(int done, int total) {
      steps.add(done + "/" + total);
      atStep.run();
    }

    @Override
    public void onPicture(Pixels picture) {
      pictures.add(picture);
    }
  }

  @Test
  void draw_by_diffusion_then_progress_and_preview_at_every_step_and_the_pipelines_picture(
      @TempDir Path folder) throws Exception {
    Recorded view = new Recorded();
    DigitsPresenter presenter =
        new DigitsPresenter(new Worker("digits", main), new ShippedFiles(folder), view);
    presenter.draw(DigitsPresenter.Kind.DIFFUSION, 4, 11, 6);
    main.until(() -> !view.running);
    presenter.close();

    assertEquals(List.of(), view.errors);
    assertEquals(List.of("1/6", "2/6", "3/6", "4/6", "5/6", "6/6"), view.steps);
    assertEquals(7, view.pictures.size());
    try (DiffusionPipeline pipeline =
        DiffusionPipeline.open(ShippedFiles.shipped("digits-diffusion"))) {
      DiffusionRequest request =
          DiffusionRequest.builder().classLabel(4).seed(11).numInferenceSteps(6).build();
      assertEquals(pipeline.generate(request).pictures().pixels(0), view.pictures.get(6));
    }
  }

  @Test
  void stop_at_the_second_step_then_no_more_and_no_error(@TempDir Path folder) throws Exception {
    Recorded view = new Recorded();
    MainThread atOnce = MainThread.atOnce();
    DigitsPresenter presenter =
        new DigitsPresenter(new Worker("digits", atOnce), new ShippedFiles(folder), view);
    view.atStep =
        () -> {
          if (view.steps.size() == 2) {
            presenter.stop();
          }
        };
    presenter.draw(DigitsPresenter.Kind.DIFFUSION, 4, 11, 6);
    atOnce.until(() -> !view.running);
    presenter.close();
    assertEquals(List.of("1/6", "2/6"), view.steps);
    assertEquals(List.of(), view.errors);
  }
}
