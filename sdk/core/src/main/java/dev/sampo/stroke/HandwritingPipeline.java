package dev.sampo.stroke;

import dev.sampo.Model;
import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.SessionConfig;
import java.nio.file.Path;
import java.util.List;

/**
 * Handwriting, one point of the pen at a time: a recurrent net gives a mixture of Gaussians for the next point (Graves 2013,
 * arXiv:1308.0850, section 4) and what the pen does there, as sketch-RNN's three states (Ha and Eck 2017, arXiv:1704.03477) or as Graves'
 * end of a stroke. What it writes may be told by a class or by a text, over which the net moves windows (Graves, section 5).
 *
 * <p>Each point draws, after {@code torch.manual_seed(seed)} and in doubles: {@code torch.rand(count)} for the part of the mixture, {@code
 * torch.randn(count, 2)} for the place in it, {@code torch.rand(count)} for the pen.
 */
public non-sealed interface HandwritingPipeline extends Model {
  /**
   * Opens a folder with default settings.
   *
   * @throws dev.sampo.error.ModelException when it writes no strokes or its files do not fit; the message says what differs
   */
  static HandwritingPipeline open(Path folder) {
    return open(folder, SessionConfig.defaults());
  }

  /** Opens a folder with settings of its sessions. */
  static HandwritingPipeline open(Path folder, SessionConfig config) {
    return open(ModelFolder.open(folder), config);
  }

  /** Loads the graphs of an opened folder. */
  static HandwritingPipeline open(ModelFolder folder, SessionConfig config) {
    return OnnxHandwriting.open(folder, config);
  }

  /** Names of the classes; empty for a model without. */
  List<String> classes();

  /** Whether a request says which text to write. */
  boolean takesText();

  /**
   * Writes; progress counts points.
   *
   * @throws dev.sampo.error.RequestException when the request does not go with the model
   * @throws dev.sampo.error.CancelledException when cancelled; its partial is a {@link HandwritingResult} of the points drawn by then
   */
  HandwritingResult write(HandwritingRequest request);
}
