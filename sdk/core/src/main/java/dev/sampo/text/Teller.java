package dev.sampo.text;

import dev.sampo.Progress;
import dev.sampo.tokenizer.StreamingDecoder;
import dev.sampo.tokenizer.Tokenizer;
import org.jspecify.annotations.Nullable;

/** Tells a request's listener of tokens, with the text that they complete. Belongs to one loop. */
final class Teller {
  private final @Nullable Progress<? super TokenStep> listener;
  private final @Nullable Tokenizer tokenizer;
  private final @Nullable StreamingDecoder[] pieces;
  private final int copies;
  private final long total;
  private long done;

  /**
   * @param rows rows that tokens come from
   * @param copies rows a prompt
   */
  Teller(GenerationPlan plan, int rows, int copies) {
    this.listener = plan.request().progress();
    this.tokenizer = plan.tokenizer();
    this.copies = copies;
    this.pieces = new @Nullable StreamingDecoder[rows];
    this.total = (long) rows * (plan.maxLength() - plan.promptLength());
  }

  /** A row got a token. */
  void token(int row, int id, boolean last) {
    if (listener == null) {
      return;
    }
    StreamingDecoder text = pieces[row];
    if (text == null) {
      text = StreamingDecoder.of(tokenizer);
      pieces[row] = text;
    }
    String piece = text.next(id, last);
    listener.onStep(new TokenStep(row / copies, row % copies, id, piece, last, ++done, total));
  }

  /** All rows took a step whose tokens are not settled. */
  void step(boolean last) {
    if (listener != null) {
      listener.onStep(new TokenStep(-1, -1, -1, "", last, ++done, total));
    }
  }
}
