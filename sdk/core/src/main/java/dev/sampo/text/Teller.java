package dev.sampo.text;

import dev.sampo.Progress;
import dev.sampo.samplers.text.TokenSequence;
import dev.sampo.samplers.text.stop.FinishReason;
import dev.sampo.samplers.text.stop.StopText;
import dev.sampo.tokenizer.StreamingDecoder;
import dev.sampo.tokenizer.Tokenizer;
import org.jspecify.annotations.Nullable;

/** Tells a request's listener of tokens, with the text that they complete. Belongs to one loop. */
final class Teller {
  private final GenerationPlan plan;
  private final @Nullable Progress<? super TokenStep> listener;
  private final @Nullable Tokenizer tokenizer;
  private final @Nullable StreamingDecoder[] pieces;
  private final @Nullable StopText[] stops;
  private final int copies;
  private final long total;
  private long done;

  /**
   * @param rows rows that tokens come from
   * @param copies rows a prompt
   */
  Teller(GenerationPlan plan, int rows, int copies) {
    this.plan = plan;
    this.listener = plan.request().progress();
    this.tokenizer = plan.tokenizer();
    this.copies = copies;
    this.pieces = new @Nullable StreamingDecoder[rows];
    this.stops = new @Nullable StopText[rows];
    this.total = (long) rows * (plan.maxLength() - plan.promptLength());
  }

  /**
   * A row got a token.
   *
   * @param ids the row, with the token at its end
   * @param reason why it ends with it, null if it goes on
   */
  void token(int row, TokenSequence ids, @Nullable FinishReason reason) {
    if (listener == null) {
      return;
    }
    StreamingDecoder text = pieces[row];
    if (text == null) {
      text = StreamingDecoder.of(tokenizer);
      pieces[row] = text;
      stops[row] = plan.stopText(row / copies);
    }
    boolean last = reason != null;
    int id = ids.id(ids.length() - 1);
    String piece = text.next(id, last);
    StopText stop = stops[row];
    if (stop != null) {
      piece = last ? stop.finish(piece, plan.endsInStop(ids, reason)) : stop.add(piece);
    }
    listener.onStep(new TokenStep(row / copies, row % copies, id, piece, last, ++done, total));
  }

  /** All rows took a step whose tokens are not settled. */
  void step(boolean last) {
    if (listener != null) {
      listener.onStep(new TokenStep(-1, -1, -1, "", last, ++done, total));
    }
  }
}
