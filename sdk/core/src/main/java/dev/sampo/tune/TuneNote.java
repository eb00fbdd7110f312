package dev.sampo.tune;

/**
 * A note that sounds.
 *
 * @param startTick from the beginning of the tune, {@link Tune#TICKS_PER_WHOLE} to a whole note
 * @param ticks how long
 * @param pitch MIDI's number: 60 is middle C, 69 the A of 440 Hz
 */
public record TuneNote(int startTick, int ticks, int pitch) {
  /** Frequency in equal temperament. */
  public double hertz() {
    return 440 * Math.pow(2, (pitch - 69) / 12.0);
  }
}
