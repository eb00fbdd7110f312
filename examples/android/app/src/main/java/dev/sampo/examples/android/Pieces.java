package dev.sampo.examples.android;

import java.util.function.Consumer;

/**
 * Text on its way to the screen. A small model writes tokens faster than a screen is drawn; what has come together since the last drawing goes
 * over in one piece.
 */
final class Pieces {
  private final StringBuilder waiting = new StringBuilder();
  private final Consumer<Runnable> post;
  private final Consumer<String> show;

  /**
   * @param post runs something on the main thread, later
   * @param show shows text; called on the main thread
   */
  Pieces(Consumer<Runnable> post, Consumer<String> show) {
    this.post = post;
    this.show = show;
  }

  /** Adds text, from any thread. */
  void add(String piece) {
    boolean first;
    synchronized (waiting) {
      first = waiting.length() == 0;
      waiting.append(piece);
    }
    if (first && !piece.isEmpty()) {
      post.accept(this::flush);
    }
  }

  private void flush() {
    String text;
    synchronized (waiting) {
      text = waiting.toString();
      waiting.setLength(0);
    }
    show.accept(text);
  }
}
