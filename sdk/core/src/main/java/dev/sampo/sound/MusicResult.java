package dev.sampo.sound;

import dev.sampo.Timings;

/**
 * Composed music.
 *
 * @param sampleRateHz samples a second
 * @param samples {@code [sound][channel][sample]}, -1..1
 * @param codes {@code [sound][codebook][frame]}; given to {@link MusicRequest.Builder#codes} they are gone on from
 * @param seed of the draws, asked for or drawn: the same request with it gives the same music
 * @param timings where the time went; its steps are runs of the decoder
 */
@SuppressWarnings("ArrayRecordComponent") // a plain carrier, never compared
public record MusicResult(
    int sampleRateHz, float[][][] samples, int[][][] codes, long seed, Timings timings) {
  /** How many sounds. */
  public int count() {
    return samples.length;
  }

  /** One sound, ready to be written to a file; of stereo the mean. */
  public Wav wav(int index) {
    float[][] channels = samples[index];
    if (channels.length == 1) {
      return new Wav(sampleRateHz, channels[0]);
    }
    float[] mean = new float[channels[0].length];
    for (int i = 0; i < mean.length; i++) {
      float sum = 0;
      for (float[] channel : channels) {
        sum += channel[i];
      }
      mean[i] = sum / channels.length;
    }
    return new Wav(sampleRateHz, mean);
  }
}
