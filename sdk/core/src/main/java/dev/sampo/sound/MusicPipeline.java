package dev.sampo.sound;

import dev.sampo.Model;
import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.SessionConfig;
import java.nio.file.Path;

/**
 * Music by text: MusicGen (Copet et al. 2023, "Simple and Controllable Music Generation", arXiv:2306.05284), in the files that Optimum exports and transformers.js
 * reads. T5 reads the text, a decoder writes several codebooks a few steps apart, and EnCodec (Défossez et al. 2022, arXiv:2210.13438) makes sound of them.
 *
 * <pre>{@code
 * try (MusicPipeline music = MusicPipeline.open(Paths.get("musicgen-small"))) {
 *   MusicResult made = music.compose(MusicRequest.builder().texts("a slow piano piece").durationSeconds(8.0).seed(1).build());
 *   made.wav(0).write(Paths.get("piano.wav"));
 * }
 * }</pre>
 *
 * <p>With one seed the codes are those that transformers' {@code generate} gives after {@code torch.manual_seed(seed)}.
 */
public non-sealed interface MusicPipeline extends Model {
  /**
   * Opens a folder with default settings.
   *
   * @throws dev.sampo.error.ModelException when it is no MusicGen, or its files do not fit; the message says what differs
   */
  static MusicPipeline open(Path folder) {
    return open(folder, SessionConfig.defaults());
  }

  /** Opens a folder with settings of its sessions. */
  static MusicPipeline open(Path folder, SessionConfig config) {
    return open(ModelFolder.open(folder), config);
  }

  /** Loads the graphs of an opened folder. */
  static MusicPipeline open(ModelFolder folder, SessionConfig config) {
    return OnnxMusicGen.open(folder, config);
  }

  /** Samples a second. */
  int sampleRateHz();

  /** 1, or 2 for stereo. */
  int channelCount();

  /** Codebooks of a sound, those of left and right together. */
  int codebookCount();

  /** Codes a second in each codebook. */
  double framesPerSecond();

  /**
   * Composes. Progress counts steps of the decoder.
   *
   * @throws dev.sampo.error.RequestException when the request does not go with the model
   * @throws dev.sampo.error.CancelledException when cancelled; its partial is a {@link MusicResult} of what was composed by then, or null where that is too
   *     short to be heard
   */
  MusicResult compose(MusicRequest request);
}
