package dev.sampo.sound;

import dev.sampo.Model;
import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.SessionConfig;
import java.nio.file.Path;
import java.util.List;

/**
 * Sound, one sample at a time (van den Oord et al. 2016, WaveNet, arXiv:1609.03499). A graph with states costs the same at every sample
 * (Paine et al. 2016, arXiv:1611.09482); one without is fed with the last {@code receptive_samples} again.
 *
 * <p>Levels are drawn as {@code torch.multinomial(torch.softmax(logits / temperature, 1), 1)} draws them after {@code
 * torch.manual_seed(seed)}, all sounds of the batch at once.
 */
public non-sealed interface WaveNetPipeline extends Model {
  /**
   * Opens a folder with default settings.
   *
   * @throws dev.sampo.error.ModelException when it is no WaveNet or its files do not fit; the message says what differs
   */
  static WaveNetPipeline open(Path folder) {
    return open(folder, SessionConfig.defaults());
  }

  /** Opens a folder with settings of its sessions. */
  static WaveNetPipeline open(Path folder, SessionConfig config) {
    return open(ModelFolder.open(folder), config);
  }

  /** Loads the graphs of an opened folder. */
  static WaveNetPipeline open(ModelFolder folder, SessionConfig config) {
    return OnnxWaveNet.open(folder, config);
  }

  /** Samples a second. */
  int sampleRateHz();

  /** Names of the classes; empty for a model without. */
  List<String> classes();

  /**
   * Draws sounds; progress counts samples, those of the prompt included.
   *
   * @throws dev.sampo.error.RequestException when the request does not go with the model
   * @throws dev.sampo.error.CancelledException when cancelled; its partial is a {@link SoundBatch} of the samples drawn by then
   */
  SoundBatch sample(WaveNetRequest request);
}
