package dev.sampo.training.data;

import dev.sampo.error.SampoException;
import dev.sampo.picture.Pixels;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;

/**
 * What pictures a model takes.
 *
 * @param channels 1 grey, 3 RGB, 4 RGBA
 * @param heightPx 0 if any height will do
 * @param widthPx 0 if any width will do
 * @param classes names of its classes in order; empty if it has none or they are not named
 */
public record PictureShape(int channels, int heightPx, int widthPx, List<String> classes) {
  public PictureShape {
    classes = Collections.unmodifiableList(new java.util.ArrayList<>(classes));
  }

  /** This shape with a free size replaced by that of a picture. */
  PictureShape of(Pixels picture) {
    return new PictureShape(
        channels,
        heightPx == 0 ? picture.heightPx() : heightPx,
        widthPx == 0 ? picture.widthPx() : widthPx,
        classes);
  }

  boolean fits(int height, int width) {
    return (heightPx == 0 || heightPx == height) && (widthPx == 0 || widthPx == width);
  }

  /**
   * Checks pictures against the shape.
   *
   * @throws SampoException if their size, their channels or a class does not fit
   */
  public void check(PictureSet pictures, Path source) {
    if (pictures.size() == 0) {
      throw new SampoException(source + " holds no picture.");
    }
    if (pictures.channels() != channels || !fits(pictures.heightPx(), pictures.widthPx())) {
      throw new SampoException(
          "The pictures of "
              + source
              + " are ["
              + pictures.channels()
              + ", "
              + pictures.heightPx()
              + ", "
              + pictures.widthPx()
              + "] (channels, height, width), the model wants "
              + this
              + ". Scale or convert them first.");
    }
    for (int i = 0; i < pictures.size() && !classes.isEmpty(); i++) {
      int number = pictures.classOf(i);
      if (number < 0 || number >= classes.size()) {
        throw new SampoException(
            "Picture "
                + i
                + " of "
                + source
                + " has class "
                + number
                + "; the model's classes are 0 to "
                + (classes.size() - 1)
                + " ("
                + String.join(", ", classes)
                + ").");
      }
    }
  }

  @Override
  public String toString() {
    return "["
        + channels
        + ", "
        + (heightPx == 0 ? "any" : heightPx)
        + ", "
        + (widthPx == 0 ? "any" : widthPx)
        + "]";
  }
}
