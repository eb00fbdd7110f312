package dev.sampo.tune;

import dev.sampo.error.RequestException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One tune, read from ABC notation (standard 2.1): fields X, T, R, M, L, Q and K; notes, rests, accidentals, octaves, lengths, bar lines and
 * repeats. Immutable.
 *
 * <pre>{@code
 * Tune tune = Tune.parse("X:1\nT:Scale\nM:4/4\nL:1/4\nK:D\n|:D E F G|A B c d:|\n");
 * tune.notes().get(2).pitch(); // 66, F sharp
 * }</pre>
 */
public final class Tune {
  /** Ticks of a whole note; 480 to a quarter, as MIDI files have them. */
  public static final int TICKS_PER_WHOLE = 1920;

  /** What the reader found. */
  record Parts(
      String title,
      String rhythm,
      Meter meter,
      String key,
      int quartersPerMinute,
      List<Bar> bars,
      List<TuneNote> notes,
      int ticks) {}

  /** A written bar: where its notes lie before repeats. */
  record Bar(int ticks, List<TuneNote> notes) {}

  private final String abc;
  private final Parts parts;

  private Tune(String abc, Parts parts) {
    this.abc = abc;
    this.parts = parts;
  }

  /**
   * Reads a tune.
   *
   * @throws RequestException of the option {@code abc}, with line and column, where it is no tune or has signs that are not read (chords,
   *     tuplets, endings of their own for repeats)
   */
  public static Tune parse(String abc) {
    return new Tune(abc, new AbcReader(abc).read());
  }

  /** The title; empty without. */
  public String title() {
    return parts.title();
  }

  /** The dance, field R; empty without. */
  public String rhythm() {
    return parts.rhythm();
  }

  /** The meter; 4/4 where none is given. */
  public Meter meter() {
    return parts.meter();
  }

  /** The key as it is written. */
  public String key() {
    return parts.key();
  }

  /** The tempo: of field Q, else that of the dance, else 120. */
  public int quartersPerMinute() {
    return parts.quartersPerMinute();
  }

  /** Bars as they are written, repeats not counted. */
  public int barCount() {
    return parts.bars().size();
  }

  /** How many of the written bars are as long as the meter says. */
  public int barsThatAddUp() {
    int wanted = parts.meter().barTicks();
    return (int) parts.bars().stream().filter(bar -> bar.ticks() == wanted).count();
  }

  /** Notes in the order in which they sound, repeats played. */
  public List<TuneNote> notes() {
    return Collections.unmodifiableList(new ArrayList<>(parts.notes()));
  }

  /** Length of the whole, repeats played. */
  public int ticks() {
    return parts.ticks();
  }

  /** Length of the whole, repeats played. */
  public double seconds() {
    return seconds(parts.ticks());
  }

  /** How long so many ticks last. */
  double seconds(int ticks) {
    return ticks * 4.0 / TICKS_PER_WHOLE * 60 / parts.quartersPerMinute();
  }

  /** The text that was read. */
  public String abc() {
    return abc;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Tune that && abc.equals(that.abc);
  }

  @Override
  public int hashCode() {
    return abc.hashCode();
  }

  @Override
  public String toString() {
    return "Tune["
        + parts.title()
        + ", "
        + parts.meter()
        + ", "
        + parts.key()
        + ", "
        + barCount()
        + " bars]";
  }
}
