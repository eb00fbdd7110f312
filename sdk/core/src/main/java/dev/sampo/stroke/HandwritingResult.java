package dev.sampo.stroke;

import dev.sampo.Timings;
import dev.sampo.picture.Pixels;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * What was written.
 *
 * @param drawings one for each wanted
 * @param sizePx side of a picture that each drawing fits into; 0 where the model does not say, and pictures are as large as the drawing
 * @param penWidthPx width of the pen
 * @param seed of the draws, asked for or drawn: the same request with it gives the same strokes
 * @param labels the class of each drawing; empty for a model without classes
 * @param timings where the time went; its steps are points
 */
@SuppressWarnings("ArrayRecordComponent") // a plain carrier, never compared
public record HandwritingResult(
    List<Strokes> drawings,
    int sizePx,
    double penWidthPx,
    long seed,
    long[] labels,
    Timings timings) {

  /** Copies the list. */
  public HandwritingResult {
    drawings = Collections.unmodifiableList(new ArrayList<>(drawings));
  }

  /** A drawing as a picture, white on black. */
  public Pixels picture(int index) {
    return drawings.get(index).picture(sizePx, penWidthPx, 1);
  }

  /** A drawing as a picture so many times as large, white on black, its lines drawn anew. */
  public Pixels picture(int index, int zoom) {
    return drawings.get(index).picture(sizePx, penWidthPx, zoom);
  }

  /** A drawing as an SVG document. */
  public String svg(int index) {
    return drawings.get(index).svg(sizePx, penWidthPx);
  }
}
