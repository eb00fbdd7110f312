package dev.sampo.diffusion;

import dev.sampo.error.RequestException;
import dev.sampo.picture.Pixels;

/** Refusals of requests, each with what was wanted, what was given and what to do. */
final class Checks {
  private Checks() {}

  static void request(DiffusionRequest r) {
    if (!(r.strength() >= 0 && r.strength() <= 1)) {
      throw new RequestException(
          "strength", "strength lies between 0 and 1, got " + r.strength() + ".");
    }
    Integer steps = r.numInferenceSteps();
    if (steps != null && steps < 1) {
      throw new RequestException(
          "numInferenceSteps", "numInferenceSteps is at least 1, got " + steps + ".");
    }
    if (r.count() < 1) {
      throw new RequestException("count", "count is at least 1, got " + r.count() + ".");
    }
    if (!(r.guidanceRescale() >= 0 && r.guidanceRescale() <= 1)) {
      throw new RequestException(
          "guidanceRescale",
          "guidanceRescale lies between 0 and 1, got " + r.guidanceRescale() + ".");
    }
    Integer skip = r.clipSkip();
    if (skip != null && skip < 0) {
      throw new RequestException("clipSkip", "clipSkip is at least 0, got " + skip + ".");
    }
    mask(r.image(), r.mask());
  }

  private static void mask(Pixels image, Pixels mask) {
    if (mask == null) {
      return;
    }
    if (image == null) {
      throw new RequestException(
          "mask", "A mask says what to repaint of a picture: give an image too.");
    }
    if (mask.widthPx() != image.widthPx() || mask.heightPx() != image.heightPx()) {
      throw new RequestException(
          "mask",
          "The mask is "
              + mask.widthPx()
              + "x"
              + mask.heightPx()
              + ", the image "
              + image.widthPx()
              + "x"
              + image.heightPx()
              + ". Give a mask of the image's size.");
    }
  }

  static void multiple(String option, int px, int factor) {
    if (px < factor || px % factor != 0) {
      int lower = Math.max(factor, px / factor * factor);
      throw new RequestException(
          option,
          "This model makes pictures whose "
              + option
              + " is a multiple of "
              + factor
              + ", got "
              + px
              + ". Use "
              + lower
              + " or "
              + (px / factor + 1) * factor
              + ".");
    }
  }
}
