package dev.sampo.cli.terminal;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/** What somebody probably meant who wrote a name that there is not. */
public final class Suggestions {
  private static final int MOST = 3;

  private Suggestions() {}

  /** Names that are near, the nearest first; empty where none is. */
  public static List<String> near(String wrong, Collection<String> names) {
    String word = plain(wrong);
    List<String> near = new ArrayList<>();
    if (word.isEmpty()) {
      return near;
    }
    for (String name : names) {
      String candidate = plain(name);
      int allowed = Math.max(1, Math.min(3, Math.min(word.length(), candidate.length()) / 3));
      if (distance(word, candidate) <= allowed || begins(word, candidate)) {
        near.add(name);
      }
    }
    near.sort(Comparator.comparingInt(name -> distance(word, plain(name))));
    if (!near.isEmpty()) {
      // Beside a good guess, bad ones only distract.
      int best = distance(word, plain(near.get(0)));
      near.removeIf(name -> distance(word, plain(name)) > best + 1);
    }
    return near.size() > MOST ? near.subList(0, MOST) : near;
  }

  /** {@code " Did you mean a or b?"}, or nothing where no name is near. */
  public static String question(String wrong, Collection<String> names) {
    List<String> near = near(wrong, names);
    return near.isEmpty() ? "" : " Did you mean " + String.join(" or ", near) + "?";
  }

  /** A word of some length that is the beginning of the name, or a part of it between hyphens. */
  private static boolean begins(String word, String name) {
    return word.length() >= 3 && (name.startsWith(word) || name.endsWith("-" + word));
  }

  private static String plain(String name) {
    return name.toLowerCase(Locale.ROOT).replaceFirst("^-+", "").replace('_', '-');
  }

  /**
   * How many letters have to be put in, taken out, changed or swapped with their neighbour (Damerau 1964, in the form that never touches a
   * letter twice).
   */
  static int distance(String a, String b) {
    int[] before = new int[b.length() + 1];
    int[] last = new int[b.length() + 1];
    int[] row = new int[b.length() + 1];
    for (int j = 0; j < last.length; j++) {
      last[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        row[j] = Math.min(Math.min(row[j - 1], last[j]) + 1, last[j - 1] + change);
        if (i > 1
            && j > 1
            && a.charAt(i - 1) == b.charAt(j - 2)
            && a.charAt(i - 2) == b.charAt(j - 1)) {
          row[j] = Math.min(row[j], before[j - 2] + 1);
        }
      }
      int[] spare = before;
      before = last;
      last = row;
      row = spare;
    }
    return last[b.length()];
  }
}
