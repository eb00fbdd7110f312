package dev.sampo.molecule;

import java.util.HashMap;
import java.util.Map;

/**
 * How alike two molecules are by the words of four characters in their SMILES (Vidal, Thormann and Pons 2005, <i>LINGO, an efficient
 * holographic text based method to calculate biophysical properties and intermolecular similarities</i>): digits of rings count as 0, and
 * the similarity is the words in common by the words of both (Tanimoto, with their counts; Grant et al. 2006). A text, not a structure, is
 * compared: the same molecule in another order of atoms is less than 1.
 */
public final class Lingos {
  private static final int LENGTH = 4;

  private Lingos() {}

  /** Similarity of two SMILES, 0 to 1. */
  public static double similarity(String a, String b) {
    return similarity(words(a), words(b));
  }

  static double similarity(Map<String, Integer> a, Map<String, Integer> b) {
    int common = 0;
    int all = 0;
    for (Map.Entry<String, Integer> word : a.entrySet()) {
      int other = b.getOrDefault(word.getKey(), 0);
      common += Math.min(word.getValue(), other);
      all += Math.max(word.getValue(), other);
    }
    for (Map.Entry<String, Integer> word : b.entrySet()) {
      all += a.containsKey(word.getKey()) ? 0 : word.getValue();
    }
    return all == 0 ? 0 : (double) common / all;
  }

  /** The words with their counts; a shorter text is one word. */
  static Map<String, Integer> words(String smiles) {
    StringBuilder plain = new StringBuilder(smiles);
    for (int i = 0; i < plain.length(); i++) {
      if (Character.isDigit(plain.charAt(i))) {
        plain.setCharAt(i, '0');
      }
    }
    Map<String, Integer> out = new HashMap<>();
    for (int i = 0; i <= Math.max(0, plain.length() - LENGTH); i++) {
      out.merge(plain.substring(i, Math.min(plain.length(), i + LENGTH)), 1, Integer::sum);
    }
    return out;
  }
}
