package dev.sampo.examples.android;

import dev.sampo.error.CancelledException;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.text.GenerationRequest;
import dev.sampo.text.GenerationResult;
import dev.sampo.text.TextGenerator;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Continues a text, token by token. Called on the main thread. */
final class TextPresenter implements AutoCloseable {
  private static final GenerationConfig CONFIG =
      GenerationConfig.builder()
          .doSample(true)
          .topP(0.9)
          .temperature(0.9)
          .maxNewTokens(160)
          .build();

  /** What is shown. */
  interface View extends Worker.Listener {
    /** A new text begins. */
    void onText(String prompt);

    /** More of it. */
    void onPiece(String piece);

    /** It ended. */
    void onEnd(int tokenCount, double tokensPerSecond, boolean stopped);
  }

  private final Worker worker;
  private final AppFiles files;
  private final View view;

  /** Belongs to the worker's thread. */
  private @Nullable TextGenerator generator;

  TextPresenter(Worker worker, AppFiles files, View view) {
    this.worker = worker;
    this.files = files;
    this.view = view;
  }

  /** Begins to write; nothing while a text is being written. */
  void generate(String prompt, long seed) {
    worker.start(token -> write(prompt, seed, token), view);
  }

  private void write(String prompt, long seed, CancellationToken token) throws IOException {
    TextGenerator model = model(token);
    worker.post(() -> view.onText(prompt));
    Pieces pieces = new Pieces(worker::post, view::onPiece);
    GenerationRequest request =
        GenerationRequest.builder()
            .prompt(prompt)
            .config(CONFIG)
            .seed(seed)
            .progress(step -> pieces.add(step.text()))
            .cancellation(token)
            .build();
    GenerationResult result;
    try {
      result = model.generate(request);
    } catch (CancelledException e) {
      result = e.partial(GenerationResult.class);
      if (result == null) {
        throw e;
      }
    }
    int tokens = result.tokenCount();
    double speed = result.tokensPerSecond();
    worker.post(() -> view.onEnd(tokens, speed, token.isCancelled()));
  }

  private TextGenerator model(CancellationToken token) throws IOException {
    if (generator == null) {
      generator = TextGenerator.open(files.model("scripture-gpt", token), Phone.session());
    }
    return generator;
  }

  /** Stops; what is written stays. */
  void stop() {
    worker.stop();
  }

  @Override
  public void close() {
    worker.close(
        () -> {
          if (generator != null) {
            generator.close();
            generator = null;
          }
        });
  }
}
