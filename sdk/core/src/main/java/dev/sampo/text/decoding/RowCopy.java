package dev.sampo.text.decoding;

import java.util.ArrayList;
import java.util.List;

/**
 * One step of re-ordering rows within one buffer: positions {@code from} to {@code to} of a source row go to a target row.
 *
 * @param source the row that is copied
 * @param target the row that is written; {@link #KEEP} puts the source aside
 * @param from first position
 * @param to behind the last position
 * @param fromKept whether the source is what was put aside, since its row has been written meanwhile
 */
record RowCopy(int source, int target, int from, int to, boolean fromKept) {
  private static final int KEEP = -1;

  boolean isKeep() {
    return target == KEEP;
  }

  /**
   * The steps after which row {@code i} holds what row {@code parents[i]} held. A row is written when nobody reads it any more; where rows want each
   * other's, one is put aside first.
   *
   * @param same how many first positions of two rows are equal; those are not copied
   * @param length positions that are there
   */
  static List<RowCopy> plan(int[] parents, int[][] same, int length) {
    List<RowCopy> plan = new ArrayList<>();
    int total = Math.max(parents.length, same.length);
    int[] readers = new int[total];
    boolean[] pending = new boolean[total];
    boolean[] aside = new boolean[total];
    int left = 0;
    for (int i = 0; i < parents.length; i++) {
      if (parents[i] != i && same[i][parents[i]] < length) {
        pending[i] = true;
        readers[parents[i]]++;
        left++;
      }
    }
    while (left > 0) {
      boolean moved = false;
      for (int i = 0; i < parents.length; i++) {
        if (pending[i] && (readers[i] == 0 || aside[i])) {
          int from = parents[i];
          plan.add(new RowCopy(from, i, same[i][from], length, aside[from]));
          pending[i] = false;
          readers[from]--;
          left--;
          moved = true;
        }
      }
      for (int i = 0; i < parents.length && !moved; i++) {
        if (pending[i]) { // all that are left are in circles
          plan.add(new RowCopy(i, KEEP, firstRead(i, parents, pending, same), length, false));
          aside[i] = true;
          moved = true;
        }
      }
    }
    return plan;
  }

  private static int firstRead(int row, int[] parents, boolean[] pending, int[][] same) {
    int first = Integer.MAX_VALUE;
    for (int i = 0; i < parents.length; i++) {
      if (pending[i] && parents[i] == row) {
        first = Math.min(first, same[i][row]);
      }
    }
    return first;
  }
}
