package dev.sampo.export.architecture;

import dev.sampo.export.config.Config;
import java.util.List;

/** Kinds of attention layers, as {@code layer_types} names them. */
final class Kinds {
  static final String FULL = "full_attention";
  static final String NEAR = "sliding_attention";

  private Kinds() {}

  /** Whether a layer sees all that came before, and not only a window. */
  static boolean isFull(Config config, List<String> kinds, int layer) {
    String kind = layer < kinds.size() ? kinds.get(layer) : "missing";
    if (kind.equals(FULL)) {
      return true;
    }
    if (kind.equals(NEAR)) {
      return false;
    }
    throw config.refuse(
        "'layer_types' of layer " + layer + " is " + kind + ". Known: " + FULL + ", " + NEAR + ".");
  }
}
