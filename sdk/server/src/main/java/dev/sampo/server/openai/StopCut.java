package dev.sampo.server.openai;

import dev.sampo.samplers.text.stop.StopText;
import java.util.List;

/** Lets text through up to a stop string, which it takes away; holds back what could be the beginning of one. Belongs to one text. */
final class StopCut {
  private final List<String> stops;
  private final StringBuilder held = new StringBuilder();
  private boolean found;

  StopCut(List<String> stops) {
    this.stops = stops;
  }

  /** Whether a stop string came. */
  boolean found() {
    return found;
  }

  /** Takes a piece, for {@link #found} only. */
  void take(String piece) {
    @SuppressWarnings("unused") // what is settled is of no interest
    String settled = add(piece);
  }

  /** Takes a piece; gives what is settled. */
  String add(String piece) {
    if (found) {
      return "";
    }
    if (stops.isEmpty()) {
      return piece;
    }
    held.append(piece);
    int at = first();
    if (at >= 0) {
      found = true;
      String before = held.substring(0, at);
      held.setLength(0);
      return before;
    }
    int keep = 0;
    for (String stop : stops) {
      keep = Math.max(keep, StopText.overlap(held, stop));
    }
    String settled = held.substring(0, held.length() - keep);
    held.delete(0, settled.length());
    return settled;
  }

  /** No more comes; gives what was held back. */
  String finish() {
    String rest = held.toString();
    held.setLength(0);
    return found ? "" : rest;
  }

  /** Where the first stop string begins; -1 for nowhere. Of two that begin together it does not matter which. */
  private int first() {
    int first = -1;
    for (String stop : stops) {
      int at = held.indexOf(stop);
      if (at >= 0 && (first < 0 || at < first)) {
        first = at;
      }
    }
    return first;
  }
}
