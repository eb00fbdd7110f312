package dev.sampo.tune;

import dev.sampo.error.RequestException;
import dev.sampo.sound.Wav;
import java.util.Random;

/**
 * Plays tunes on plucked strings (Karplus and Strong 1983, <i>Digital synthesis of plucked-string and drum timbres</i>): noise as long as a
 * period goes round in a delay line, a little duller each time. The line is tuned by an all-pass filter and loses as much a second at every
 * pitch (Jaffe and Smith 1983, <i>Extensions of the Karplus-Strong plucked-string algorithm</i>, eq. 12 and 15). The same tune gives the same
 * samples.
 */
public final class PluckedStrings {
  /** Samples a second of {@link #play(Tune)}. */
  public static final int SAMPLE_RATE_HZ = 44_100;

  private static final double RING_SECONDS = 2.5;
  private static final double RELEASE_SECONDS = 0.12;
  private static final double TAIL_SECONDS = 0.8;
  private static final double LOUDEST = 0.9;
  private static final double LONGEST_SECONDS = 3600;

  private PluckedStrings() {}

  /** A tune at its own tempo. */
  public static Wav play(Tune tune) {
    return play(tune, SAMPLE_RATE_HZ);
  }

  /**
   * A tune at its own tempo; notes of half the sample rate and above are left out.
   *
   * @param sampleRateHz 8,000 to 192,000
   * @throws RequestException when the tune has no notes or lasts for more than an hour
   */
  public static Wav play(Tune tune, int sampleRateHz) {
    if (sampleRateHz < 8_000 || sampleRateHz > 192_000) {
      throw new RequestException(
          "sampleRateHz",
          "The sample rate lies between 8000 and 192000, got " + sampleRateHz + ".");
    }
    if (tune.notes().isEmpty() || tune.seconds() > LONGEST_SECONDS) {
      throw new RequestException(
          "tune",
          "A tune has notes and lasts for up to an hour; this one has "
              + tune.notes().size()
              + " and lasts for "
              + Math.round(tune.seconds())
              + " s.");
    }
    float[] out = new float[(int) ((tune.seconds() + TAIL_SECONDS) * sampleRateHz)];
    Random noise = new Random(tune.notes().size());
    for (TuneNote note : tune.notes()) {
      int start = (int) Math.round(tune.seconds(note.startTick()) * sampleRateHz);
      int held = (int) Math.round(tune.seconds(note.ticks()) * sampleRateHz);
      pluck(out, start, held, note.hertz(), sampleRateHz, noise);
    }
    double loudest = 0;
    for (float sample : out) {
      loudest = Math.max(loudest, Math.abs(sample));
    }
    for (int i = 0; i < out.length && loudest > 0; i++) {
      out[i] *= (float) (LOUDEST / loudest);
    }
    return new Wav(sampleRateHz, out);
  }

  private static void pluck(
      float[] out, int start, int held, double hertz, int sampleRateHz, Random noise) {
    if (2 * hertz >= sampleRateHz) {
      return; // the samples cannot hold so high a note
    }
    // The mean of two neighbours delays by half a sample, the all-pass filter by what is left of
    // the period.
    double period = sampleRateHz / hertz - 0.5;
    int length = (int) Math.floor(period - 0.1);
    double rest = period - length;
    double allPass = (1 - rest) / (1 + rest);
    double loss = Math.pow(10, -3 / (hertz * RING_SECONDS));
    double[] line = new double[length];
    double mean = 0;
    for (int i = 0; i < length; i++) {
      line[i] = noise.nextDouble() * 2 - 1;
      mean += line[i] / length;
    }
    for (int i = 0; i < length; i++) {
      line[i] -= mean;
    }
    int release = (int) (RELEASE_SECONDS * sampleRateHz);
    int end = Math.min(out.length, start + held + release);
    double before = 0;
    double dull = 0;
    double tuned = 0;
    for (int n = start; n < end; n++) {
      int place = (n - start) % length;
      double sample = line[place];
      double duller = loss * 0.5 * (sample + before);
      before = sample;
      tuned = allPass * duller + dull - allPass * tuned;
      dull = duller;
      line[place] = tuned;
      int gone = n - start - held;
      out[n] += (float) (gone <= 0 ? sample : sample * (1 - (double) gone / release));
    }
  }
}
