package dev.sampo.tune;

import dev.sampo.error.RequestException;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** Dances with the meter and the tempo that are usual for them. */
public enum Dance {
  /** 6/8. */
  JIG(6, 8, 3, 165),
  /** 9/8. */
  SLIP_JIG(9, 8, 3, 165),
  /** 4/4. */
  REEL(4, 4, 4, 180),
  /** 2/4. */
  POLKA(2, 4, 2, 120),
  /** 3/4. */
  WALTZ(3, 4, 6, 140);

  private final Meter meter;
  private final int beatEighths;
  private final int quartersPerMinute;

  Dance(int beats, int unit, int beatEighths, int quartersPerMinute) {
    this.meter = new Meter(beats, unit);
    this.beatEighths = beatEighths;
    this.quartersPerMinute = quartersPerMinute;
  }

  /**
   * The dance of a name, such as {@code slip jig}.
   *
   * @throws RequestException when there is none; the message lists them
   */
  public static Dance of(String name) {
    for (Dance dance : values()) {
      if (dance.label().equalsIgnoreCase(name.trim().replace('-', ' ').replace('_', ' '))) {
        return dance;
      }
    }
    String known = Arrays.stream(values()).map(Dance::label).collect(Collectors.joining(", "));
    throw new RequestException("dance", "No dance is called '" + name + "'. Known: " + known + ".");
  }

  /** The name as ABC writes it. */
  public String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  /** Its meter. */
  public Meter meter() {
    return meter;
  }

  /** Eighths that are written together. */
  int beatEighths() {
    return beatEighths;
  }

  /** Its tempo. */
  public int quartersPerMinute() {
    return quartersPerMinute;
  }

  @Override
  public String toString() {
    return label();
  }
}
