package dev.sampo.samplers.text.stop;

import java.util.List;

/**
 * The text of one sequence without the stop string that ends it, piece by piece: what could be the beginning of a stop string is held back until it is
 * known not to be. Not of transformers, which leaves stop strings in the text; ids are as there. One owner.
 */
public final class StopText {
  private final List<String> stops;
  private final int longest;

  /** The newest text, as far back as a stop string may reach; its first {@code shown} characters were given out, or belong to the prompt. */
  private final StringBuilder text;

  private int shown;

  /**
   * Begins a sequence.
   *
   * @param stops the stop strings, none empty
   * @param before the end of the prompt's text: a stop string may begin there
   */
  public StopText(List<String> stops, String before) {
    this.stops = stops;
    int most = 0;
    for (String stop : stops) {
      most = Math.max(most, stop.length());
    }
    this.longest = most;
    this.text = new StringBuilder(before);
    this.shown = before.length();
  }

  /** Takes the text that a token completed, not the last; returns what is text of the sequence beyond doubt. */
  public String add(String piece) {
    text.append(piece);
    return show(text.length() - open());
  }

  /**
   * Takes the text of the last token; returns the rest of the sequence's text.
   *
   * @param stopped whether that token completed a stop string
   */
  public String finish(String piece, boolean stopped) {
    int before = text.length();
    text.append(piece);
    int end = text.length();
    if (stopped) {
      for (String stop : stops) {
        int at = text.indexOf(stop, Math.max(0, before - stop.length() + 1));
        if (at >= 0) {
          end = Math.min(end, at);
        }
      }
    }
    return show(end);
  }

  private String show(int end) {
    String more = end > shown ? text.substring(shown, end) : "";
    shown = Math.max(shown, end);
    int old = Math.min(shown, text.length() - longest);
    if (old > 0) {
      text.delete(0, old);
      shown -= old;
    }
    return more;
  }

  /** How many of the newest characters could be the beginning of a stop string. */
  private int open() {
    int most = 0;
    for (String stop : stops) {
      most = Math.max(most, overlap(text, stop));
    }
    return most;
  }

  /** How many characters at the end of a text begin a word without being all of it. */
  public static int overlap(CharSequence text, String word) {
    for (int count = Math.min(text.length(), word.length() - 1); count > 0; count--) {
      int from = text.length() - count;
      int i = 0;
      while (i < count && text.charAt(from + i) == word.charAt(i)) {
        i++;
      }
      if (i == count) {
        return count;
      }
    }
    return 0;
  }
}
