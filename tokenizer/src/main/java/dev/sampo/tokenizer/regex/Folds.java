package dev.sampo.tokenizer.regex;

import java.util.ArrayList;
import java.util.List;

/** Foldings to several characters: with case ignored "ss" matches a sharp s, and a sharp s matches "ss". */
final class Folds {
  private Folds() {}

  /** A sequence of {@code parts} in which such foldings have become alternatives. */
  static Node expand(List<Node> parts) {
    List<Node> out = new ArrayList<>();
    for (int i = 0; i < parts.size(); i++) {
      int taken = 0;
      for (int n = 3; n >= 2 && taken == 0; n--) {
        String folded = folded(parts, i, n);
        if (folded != null && CaseFolding.withExpansion(folded).size() > 0) {
          List<Node> options = new ArrayList<>();
          options.add(new Node.Sequence(new ArrayList<>(parts.subList(i, i + n))));
          options.add(new Node.Chars(CaseFolding.withExpansion(folded), -1, false));
          out.add(new Node.Choice(options));
          taken = n;
        }
      }
      if (taken > 0) {
        i += taken - 1;
      } else {
        out.add(single(parts.get(i)));
      }
    }
    return out.size() == 1 ? out.get(0) : new Node.Sequence(out);
  }

  private static Node single(Node part) {
    if (part instanceof Node.Chars && ((Node.Chars) part).folds) {
      int[] expansion = CaseFolding.expansion(((Node.Chars) part).literal);
      if (expansion.length > 0) {
        List<Node> letters = new ArrayList<>();
        for (int c : expansion) {
          letters.add(new Node.Chars(CaseFolding.equivalents(c), -1, false));
        }
        List<Node> options = new ArrayList<>();
        options.add(part);
        options.add(new Node.Sequence(letters));
        return new Node.Choice(options);
      }
    }
    return part;
  }

  private static @org.jspecify.annotations.Nullable String folded(
      List<Node> parts, int from, int n) {
    if (from + n > parts.size()) {
      return null;
    }
    StringBuilder out = new StringBuilder();
    for (int i = from; i < from + n; i++) {
      if (!(parts.get(i) instanceof Node.Chars)) {
        return null;
      }
      Node.Chars c = (Node.Chars) parts.get(i);
      if (!c.folds) {
        return null;
      }
      out.appendCodePoint(CaseFolding.simple(c.literal));
    }
    return out.toString();
  }
}
