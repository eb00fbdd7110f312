package dev.sampo.sound;

import dev.sampo.Model;
import dev.sampo.model.Family;
import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.SessionConfig;
import java.nio.file.Path;

/**
 * Text to speech: VITS (Kim et al. 2021, arXiv:2106.06103) and SpeechT5 (Ao et al. 2021, arXiv:2110.07205), in the files that Optimum exports and transformers.js
 * reads.
 *
 * <pre>{@code
 * try (SpeechPipeline voice = SpeechPipeline.open(Paths.get("mms-tts-eng"))) {
 *   SpeechResult said = voice.speak(SpeechRequest.builder().texts("the old lighthouse").seed(1).build());
 *   said.utterances().get(0).wav().write(Paths.get("said.wav"));
 * }
 * }</pre>
 *
 * <p>VITS draws noise. Where the folder has {@code model_with_noise.onnx}, it is drawn here, as PyTorch draws it after {@code manual_seed(seed)}; the graph that
 * Optimum exports draws inside, and no seed reaches it. SpeechT5's published model keeps dropout switched on in its prenet, also in use; exported graphs leave it out.
 */
public non-sealed interface SpeechPipeline extends Model {
  /**
   * Opens a folder with default settings.
   *
   * @throws dev.sampo.error.ModelException when it is no VITS or SpeechT5, or its files do not fit; the message says what differs
   */
  static SpeechPipeline open(Path folder) {
    return open(folder, SessionConfig.defaults());
  }

  /** Opens a folder with settings of its sessions. */
  static SpeechPipeline open(Path folder, SessionConfig config) {
    return open(ModelFolder.open(folder), config);
  }

  /** Loads the graphs of an opened folder. */
  static SpeechPipeline open(ModelFolder folder, SessionConfig config) {
    return folder.family() == Family.SPEECHT5
        ? OnnxSpeechT5.open(folder, config)
        : OnnxVits.open(folder, config);
  }

  /** Samples a second. */
  int sampleRateHz();

  /** Number of speakers to choose from by number; 1 where there is no choice. */
  int speakerCount();

  /** Length of the speaker vector that a request has to give; 0 where the model wants none. */
  int speakerEmbeddingSize();

  /**
   * Speaks. Progress counts texts.
   *
   * @throws dev.sampo.error.RequestException when the request does not go with the model
   * @throws dev.sampo.error.CancelledException when cancelled; its partial is a {@link SpeechResult} of the texts that were done
   */
  SpeechResult speak(SpeechRequest request);
}
