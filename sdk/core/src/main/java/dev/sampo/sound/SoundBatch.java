package dev.sampo.sound;

import dev.sampo.Timings;

/**
 * Sounds of one length.
 *
 * @param sampleRateHz samples a second
 * @param samples {@code [count][samples]}, -1..1
 * @param seed of the draws, asked for or drawn: the same request with it gives the same sounds
 * @param labels class of each; empty for a model without classes
 * @param timings where the time went; its steps are samples
 */
@SuppressWarnings("ArrayRecordComponent") // a plain carrier, never compared
public record SoundBatch(
    int sampleRateHz, float[][] samples, long seed, long[] labels, Timings timings) {
  /** How many sounds. */
  public int count() {
    return samples.length;
  }

  /** One sound, ready to be written to a file. */
  public Wav wav(int index) {
    return new Wav(sampleRateHz, samples[index]);
  }
}
