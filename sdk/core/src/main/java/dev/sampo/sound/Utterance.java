package dev.sampo.sound;

import java.util.Arrays;

/** One spoken text. */
public final class Utterance {
  private final int[] inputIds;
  private final int sampleRateHz;
  private final float[] samples;
  private final float[] spectrogram;
  private final int frameCount;
  private final float[] endProbabilities;

  Utterance(
      int[] inputIds,
      int sampleRateHz,
      float[] samples,
      float[] spectrogram,
      int frameCount,
      float[] endProbabilities) {
    this.inputIds = inputIds;
    this.sampleRateHz = sampleRateHz;
    this.samples = samples;
    this.spectrogram = spectrogram;
    this.frameCount = frameCount;
    this.endProbabilities = endProbabilities;
  }

  /** A copy of the ids that were spoken. */
  public int[] inputIds() {
    return inputIds.clone();
  }

  /** A copy of the sound, -1..1. */
  public float[] samples() {
    return samples.clone();
  }

  /** Number of frames of the spectrogram. */
  public int frameCount() {
    return frameCount;
  }

  /**
   * What the vocoder was given, {@code [frames][channels]} one after the other: latents of VITS, mel frames of SpeechT5 before its postnet. Empty where the
   * graph does not tell.
   */
  public float[] spectrogram() {
    return spectrogram.clone();
  }

  /** SpeechT5: how probably each frame was the last, {@code [steps][frames a step]} one after the other; empty for VITS. */
  public float[] endProbabilities() {
    return endProbabilities.clone();
  }

  /** The sound, ready to be written to a file. */
  public Wav wav() {
    return new Wav(sampleRateHz, samples);
  }

  @Override
  public String toString() {
    return "Utterance[" + Arrays.toString(inputIds) + ", " + samples.length + " samples]";
  }
}
