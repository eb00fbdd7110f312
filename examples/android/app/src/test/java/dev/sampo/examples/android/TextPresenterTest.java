package dev.sampo.examples.android;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.runtime.CancellationToken;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TextPresenterTest {
  private final MainThread main = new MainThread();

  /** Writes down what it is told. */
  private static final class Recorded implements TextPresenter.View {
    final StringBuilder text = new StringBuilder();
    final List<String> errors = new ArrayList<>();
    Runnable atPiece = () -> {};
    int pieces;
    int tokens = -1;
    boolean stopped;
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
    public void onText(String prompt) {
      text.append(prompt);
    }

    @Override
    public void onPiece(String piece) {
      pieces++;
      text.append(piece);
      atPiece.run();
    }

    @Override
    public void onEnd(int tokenCount, double tokensPerSecond, boolean wasStopped) {
      tokens = tokenCount;
      stopped = wasStopped;
    }
  }

  @Test
  void generate_then_text_comes_in_pieces_and_the_same_seed_gives_the_same(@TempDir Path folder)
      throws Exception {
    Recorded first = new Recorded();
    MainThread atOnce = MainThread.atOnce();
    TextPresenter presenter =
        new TextPresenter(new Worker("text", atOnce), new ShippedFiles(folder), first);
    presenter.generate("And the king said", 3);
    atOnce.until(() -> !first.running);
    Recorded second = new Recorded();
    TextPresenter again =
        new TextPresenter(new Worker("text", main), new ShippedFiles(folder), second);
    again.generate("And the king said", 3);
    assertTrue(second.running);
    main.until(() -> !second.running);
    presenter.close();
    again.close();

    assertEquals(first.text.toString(), second.text.toString());
    assertTrue(first.pieces > 20, "pieces " + first.pieces);
    assertEquals(List.of(), second.errors);
    assertTrue(second.text.toString().startsWith("And the king said"), second.text.toString());
    assertTrue(second.tokens > 20 && second.tokens <= 160, "tokens " + second.tokens);
    assertFalse(second.stopped);
  }

  @Test
  void stop_at_the_third_piece_then_text_ends_there(@TempDir Path folder) throws Exception {
    Recorded view = new Recorded();
    MainThread atOnce = MainThread.atOnce();
    TextPresenter presenter =
        new TextPresenter(new Worker("text", atOnce), new ShippedFiles(folder), view);
    view.atPiece =
        () -> {
          if (view.pieces == 3) {
            presenter.stop();
          }
        };
    presenter.generate("And the king said", 3);
    atOnce.until(() -> !view.running);
    presenter.close();
    assertTrue(view.stopped);
    assertEquals(3, view.pieces);
    assertTrue(view.tokens >= 3 && view.tokens < 160, "tokens " + view.tokens);
  }

  @Test
  void model_that_cannot_be_copied_then_message_and_the_next_try_runs(@TempDir Path folder)
      throws Exception {
    Recorded view = new Recorded();
    boolean[] full = {true};
    ShippedFiles shipped = new ShippedFiles(folder);
    AppFiles files =
        new AppFiles() {
          @Override
          public Path model(String name, CancellationToken token) throws IOException {
            if (full[0]) {
              throw new IOException("There are 3 MB free.");
            }
            return shipped.model(name, token);
          }

          @Override
          public String sampleText() throws IOException {
            return shipped.sampleText();
          }

          @Override
          public Path tuned() throws IOException {
            return shipped.tuned();
          }
        };
    TextPresenter presenter = new TextPresenter(new Worker("text", main), files, view);
    presenter.generate("And", 1);
    main.until(() -> !view.errors.isEmpty());
    assertEquals(List.of("There are 3 MB free."), view.errors);
    assertFalse(view.running);

    full[0] = false;
    presenter.generate("And", 1);
    main.until(() -> !view.running);
    assertEquals(1, view.errors.size());
    assertTrue(view.tokens > 0);
    presenter.close();
  }
}
