package dev.sampo.text;

import dev.sampo.error.CancelledException;
import dev.sampo.error.RequestException;

/**
 * Whisper on sounds of any length: window by window, each beginning where the last whole segment of the one before ended; Radford et al. 2022,
 * arXiv:2212.04356, sections 3.8 and 4.5, in the rules and numbers of transformers 5.18.
 *
 * <p>A sound longer than a window (30 seconds) gets timestamps whatever the settings say; a shorter one those that {@code return_timestamps} asks for, and is one
 * window, or a few, all the same. As in transformers, tokens are drawn at a temperature that was given (by {@link WhisperOptions#temperatures()} or the request's
 * {@code temperature}), and {@code do_sample} alone changes nothing; after the first draw of a sound its later windows are searched without beams; {@code max_length}
 * counts on from window to window by what the decoder begins with.
 *
 * <pre>{@code
 * try (Tensor features = LogMelFeatures.load(folder).whole(Wav.read(file))) {
 *   Transcript transcript =
 *       WhisperLongForm.of(generator)
 *           .transcribe(GenerationRequest.builder().inputFeatures(features).build(), WhisperOptions.defaults());
 * }
 * }</pre>
 *
 * Thread-safe, as the generator is.
 */
public final class WhisperLongForm {
  private final LoadedTextGenerator generator;

  private WhisperLongForm(LoadedTextGenerator generator) {
    this.generator = generator;
  }

  /**
   * Of a Whisper model; the generator stays the caller's.
   *
   * @throws RequestException if it is none
   */
  public static WhisperLongForm of(TextGenerator generator) {
    if (!(generator instanceof LoadedTextGenerator)
        || !generator.isEncoderDecoder()
        || ((LoadedTextGenerator) generator).whisper().windowFrames() == 0) {
      throw new RequestException(
          "inputFeatures",
          "The model is no Whisper: its config.json has no max_source_positions, the length of the"
              + " sound that it reads at once. Give a prompt in place of audio.");
    }
    return new WhisperLongForm((LoadedTextGenerator) generator);
  }

  /** Frames of 10 ms that the model reads at once; 3000 for OpenAI's. */
  public int windowFrames() {
    return generator.whisper().windowFrames();
  }

  /** Whether a sound of so many frames is more than one plain generation: longer than a window, or the folder sets thresholds. */
  public boolean goesOver(long frames) {
    return frames > windowFrames() || generator.whisper().options().anythingSet();
  }

  /**
   * Goes over one sound.
   *
   * @param request {@code inputFeatures [1, mels, frames]} of the whole sound, as {@link dev.sampo.sound.LogMelFeatures#whole(float[])} gives them; settings, seed,
   *     processors and the like are those of every window
   * @throws RequestException if options contradict each other or do not go with it
   * @throws CancelledException if the request's token was cancelled; its {@code partial(Transcript.class)} has the segments made by then
   */
  public Transcript transcribe(GenerationRequest request, WhisperOptions options) {
    WhisperRun run = new WhisperRun(generator, request, options);
    try {
      run.run();
    } catch (CancelledException e) {
      Transcript partial = run.transcript();
      throw new CancelledException(
          "Cancelled after " + partial.segments().size() + " segments", e, partial);
    }
    return run.transcript();
  }
}
