package dev.sampo.cli;

import java.util.Locale;

/** Speeds for people: two figures that count, however slow it is. */
final class Rates {
  private Rates() {}

  /** {@code 128}, {@code 4.3}, {@code 0.25}. */
  static String of(double perSecond) {
    if (!(perSecond > 0)) {
      return "0";
    }
    String format = perSecond >= 10 ? "%.0f" : perSecond >= 1 ? "%.1f" : "%.2g";
    String text = String.format(Locale.ROOT, format, perSecond);
    return text.contains("e") ? String.format(Locale.ROOT, "%.6f", perSecond) : text;
  }
}
