package dev.sampo.sound;

/**
 * Sounds of one length.
 *
 * @param sampleRateHz samples a second
 * @param samples {@code [count][samples]}, -1..1
 * @param labels class of each; empty for a model without classes
 */
@SuppressWarnings("ArrayRecordComponent") // a plain carrier, never compared
public record SoundBatch(int sampleRateHz, float[][] samples, long[] labels) {
  /** How many sounds. */
  public int count() {
    return samples.length;
  }

  /** One sound, ready to be written to a file. */
  public Wav wav(int index) {
    return new Wav(sampleRateHz, samples[index]);
  }
}
