package dev.sampo.embedding;

import dev.sampo.Model;
import dev.sampo.model.ModelFolder;
import dev.sampo.picture.Pixels;
import dev.sampo.runtime.SessionConfig;
import java.nio.file.Path;
import java.util.List;

/**
 * Texts and pictures in one space: CLIP's two towers, as one graph or one each. Radford et al. 2021, arXiv:2103.00020. Vectors have length 1. Any
 * number of threads may use it at the same time.
 */
public non-sealed interface ClipModel extends Model {
  /**
   * Opens a folder with default settings.
   *
   * @throws dev.sampo.error.ModelException when it holds no CLIP model: model.onnx with both towers, or text_model.onnx and vision_model.onnx, of which one may be missing, or its files do not fit; the message says what differs
   */
  static ClipModel open(Path folder) {
    return open(folder, SessionConfig.defaults());
  }

  /** Opens a folder with settings of its sessions. */
  static ClipModel open(Path folder, SessionConfig config) {
    return open(ModelFolder.open(folder), config);
  }

  /** Loads the graphs of an opened folder. */
  static ClipModel open(ModelFolder folder, SessionConfig config) {
    return OnnxClip.open(folder, config);
  }

  /**
   * The vectors of texts.
   *
   * @throws dev.sampo.error.RequestException when the folder has no tower for texts
   */
  List<float[]> embedTexts(List<String> texts);

  /**
   * The vectors of pictures.
   *
   * @throws dev.sampo.error.RequestException when the folder has no tower for pictures
   */
  List<float[]> embedImages(List<Pixels> images);

  /**
   * How well each text describes a picture: probabilities over the texts, as CLIP's zero-shot classification.
   *
   * @return one number a text; they add up to 1
   */
  double[] classify(Pixels image, List<String> texts);
}
