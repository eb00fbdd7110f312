package dev.sampo.embedding;

import dev.sampo.Model;
import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.SessionConfig;
import java.nio.file.Path;
import java.util.List;

/**
 * Finds the tokens that fit best where a text has the mask token ({@code [MASK]}, {@code <mask>}), with a masked language model such as BERT. Any
 * number of threads may use it at the same time.
 */
public non-sealed interface FillMask extends Model {
  /**
   * A token for a masked place.
   *
   * @param tokenId its id
   * @param token its text
   * @param probability softmax over the vocabulary
   * @param text the whole text with the token in that place, other masks as they are
   */
  record Fill(int tokenId, String token, double probability, String text) {}

  /**
   * Opens a folder with default settings.
   *
   * @throws dev.sampo.error.ModelException when it holds no masked language model or its files do not fit; the message says what differs
   */
  static FillMask open(Path folder) {
    return open(folder, SessionConfig.defaults());
  }

  /** Opens a folder with settings of its sessions. */
  static FillMask open(Path folder, SessionConfig config) {
    return open(ModelFolder.open(folder), config);
  }

  /** Loads the graphs of an opened folder. */
  static FillMask open(ModelFolder folder, SessionConfig config) {
    return OnnxFillMask.open(folder, config);
  }

  /**
   * The best tokens for each masked place, in the order of the text, best first.
   *
   * @param count how many for each place, 1 or more
   * @throws dev.sampo.error.RequestException if the text has no mask token
   */
  List<List<Fill>> fill(String text, int count);
}
