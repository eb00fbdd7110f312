package dev.sampo.examples.android;

import dev.sampo.diffusion.DiffusionPipeline;
import dev.sampo.diffusion.DiffusionRequest;
import dev.sampo.diffusion.DiffusionStep;
import dev.sampo.model.ModelFolder;
import dev.sampo.picture.GanPipeline;
import dev.sampo.picture.PictureRequest;
import dev.sampo.picture.Pixels;
import dev.sampo.runtime.CancellationToken;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Draws digits, with a GAN in one step or by diffusion in several. Called on the main thread. */
final class DigitsPresenter implements AutoCloseable {
  /** The model that draws. */
  enum Kind {
    GAN,
    DIFFUSION
  }

  /** What is shown. */
  interface View extends Worker.Listener {
    /** So many steps are done. */
    void onProgress(int done, int total);

    /** A picture, or what it looks like so far. */
    void onPicture(Pixels picture);
  }

  private final Worker worker;
  private final AppFiles files;
  private final View view;

  /** These two belong to the worker's thread. */
  private @Nullable GanPipeline gan;

  private @Nullable DiffusionPipeline diffusion;

  DigitsPresenter(Worker worker, AppFiles files, View view) {
    this.worker = worker;
    this.files = files;
    this.view = view;
  }

  /**
   * Begins to draw; nothing while a picture is being drawn.
   *
   * @param digit 0 to 9
   * @param steps of diffusion
   */
  void draw(Kind kind, int digit, long seed, int steps) {
    worker.start(
        token -> {
          if (kind == Kind.GAN) {
            sample(digit, seed, token);
          } else {
            denoise(digit, seed, steps, token);
          }
        },
        view);
  }

  private void sample(int digit, long seed, CancellationToken token) throws IOException {
    if (gan == null) {
      gan = GanPipeline.open(files.model("digits-gan", token), Phone.session());
    }
    PictureRequest request =
        PictureRequest.builder().classLabel(digit).seed(seed).cancellation(token).build();
    Pixels picture = gan.sample(request).pictures().pixels(0);
    worker.post(
        () -> {
          view.onProgress(1, 1);
          view.onPicture(picture);
        });
  }

  private void denoise(int digit, long seed, int steps, CancellationToken token)
      throws IOException {
    if (diffusion == null) {
      diffusion =
          DiffusionPipeline.open(
              ModelFolder.open(files.model("digits-diffusion", token)), Phone.session());
    }
    DiffusionRequest request =
        DiffusionRequest.builder()
            .classLabel(digit)
            .seed(seed)
            .numInferenceSteps(steps)
            .progress(this::show)
            .cancellation(token)
            .build();
    Pixels picture = diffusion.generate(request).pictures().pixels(0);
    worker.post(() -> view.onPicture(picture));
  }

  /** The clean picture as the model sees it now; this model works on pixels, in -1 to 1. */
  private void show(DiffusionStep step) {
    Pixels preview = step.preview().pixels(0);
    int done = (int) step.done();
    int total = (int) step.total();
    worker.post(
        () -> {
          view.onProgress(done, total);
          view.onPicture(preview);
        });
  }

  /** Stops; the last preview stays. */
  void stop() {
    worker.stop();
  }

  @Override
  public void close() {
    worker.close(
        () -> {
          if (gan != null) {
            gan.close();
            gan = null;
          }
          if (diffusion != null) {
            diffusion.close();
            diffusion = null;
          }
        });
  }
}
