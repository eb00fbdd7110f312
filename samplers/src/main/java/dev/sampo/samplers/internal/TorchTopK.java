package dev.sampo.samplers.internal;

/**
 * The k largest scores as {@code torch.topk} gives them on a CPU, equal ones in its order too. Beam search meets equal scores whenever
 * processors forbid so much that minus infinity (or the -1e9 of a place not taken yet) has to fill up, and which of them comes first decides
 * what is generated. PyTorch calls libstdc++'s {@code partial_sort} where {@code 64 k <= n}, otherwise {@code nth_element} and {@code sort};
 * the order of equal elements follows from these algorithms, which stand below: a heap, Musser's introspective selection and sorting
 * (1997) with the middle of three as pivot, and insertion sort for short ranges. NaN counts as largest.
 *
 * <p>Reuses its scratch space: one object belongs to one thread.
 */
public final class TorchTopK {
  private static final int SHORT = 16;

  private float[] values = new float[0];
  private int[] positions = new int[0];

  /**
   * Finds the k largest, best first.
   *
   * @param row scores; those looked at are at {@code offset} to {@code offset + length - 1}
   * @param k from 1 to {@code length}
   * @param top receives k positions, from 0
   */
  public void find(float[] row, int offset, int length, int k, int[] top) {
    boolean partial = 64L * k <= length;
    int held = partial ? k : length;
    if (values.length < held) {
      values = new float[held];
      positions = new int[held];
    }
    for (int i = 0; i < held; i++) {
      values[i] = row[offset + i];
      positions[i] = i;
    }
    if (partial) {
      makeHeap(0, k);
      for (int i = k; i < length; i++) {
        float value = row[offset + i];
        if (before(value, values[0])) {
          adjustHeap(0, 0, k, value, i);
        }
      }
      sortHeap(0, k);
    } else {
      select(k - 1, length);
      sort(0, k - 1);
    }
    System.arraycopy(positions, 0, top, 0, k);
  }

  private static boolean before(float a, float b) {
    return a > b || (Float.isNaN(a) && !Float.isNaN(b));
  }

  private void set(int to, int from) {
    values[to] = values[from];
    positions[to] = positions[from];
  }

  private void set(int to, float value, int position) {
    values[to] = value;
    positions[to] = position;
  }

  private void swap(int a, int b) {
    float value = values[a];
    int position = positions[a];
    set(a, b);
    set(b, value, position);
  }

  // ---- heap; the worst of those kept is on top

  private void makeHeap(int first, int last) {
    int length = last - first;
    for (int parent = (length - 2) / 2; length >= 2 && parent >= 0; parent--) {
      adjustHeap(first, parent, length, values[first + parent], positions[first + parent]);
    }
  }

  private void adjustHeap(int first, int start, int length, float value, int position) {
    int hole = start;
    int child = start;
    while (child < (length - 1) / 2) {
      child = 2 * (child + 1);
      if (before(values[first + child], values[first + child - 1])) {
        child--;
      }
      set(first + hole, first + child);
      hole = child;
    }
    if (length % 2 == 0 && child == (length - 2) / 2) {
      child = 2 * (child + 1);
      set(first + hole, first + child - 1);
      hole = child - 1;
    }
    int parent = (hole - 1) / 2;
    while (hole > start && before(values[first + parent], value)) {
      set(first + hole, first + parent);
      hole = parent;
      parent = (hole - 1) / 2;
    }
    set(first + hole, value, position);
  }

  private void popHeap(int first, int last, int result) {
    float value = values[result];
    int position = positions[result];
    set(result, first);
    adjustHeap(first, 0, last - first, value, position);
  }

  private void sortHeap(int first, int last) {
    for (int end = last - 1; end > first; end--) {
      popHeap(first, end, end);
    }
  }

  private void selectByHeap(int first, int middle, int last) {
    makeHeap(first, middle);
    for (int i = middle; i < last; i++) {
      if (before(values[i], values[first])) {
        popHeap(first, middle, i);
      }
    }
  }

  // ---- selection and sorting

  private static int depth(int length) {
    return 2 * (31 - Integer.numberOfLeadingZeros(length));
  }

  private void select(int nth, int length) {
    int first = 0;
    int last = length;
    int depth = depth(length);
    while (last - first > 3) {
      if (depth-- == 0) {
        selectByHeap(first, nth + 1, last);
        swap(first, nth);
        return;
      }
      int cut = partition(first, last);
      if (cut <= nth) {
        first = cut;
      } else {
        last = cut;
      }
    }
    insertionSort(first, last);
  }

  private void sort(int first, int last) {
    if (first >= last) {
      return;
    }
    introSort(first, last, depth(last - first));
    int begun = Math.min(last, first + SHORT);
    insertionSort(first, begun);
    for (int i = begun; i < last; i++) {
      insert(i);
    }
  }

  private void introSort(int first, int end, int maxDepth) {
    int last = end;
    int depth = maxDepth;
    while (last - first > SHORT) {
      if (depth-- == 0) {
        selectByHeap(first, last, last);
        sortHeap(first, last);
        return;
      }
      int cut = partition(first, last);
      introSort(cut, last, depth);
      last = cut;
    }
  }

  private int partition(int first, int last) {
    middleToFirst(first, first + 1, first + (last - first) / 2, last - 1);
    int low = first + 1;
    int high = last;
    while (true) {
      while (before(values[low], values[first])) {
        low++;
      }
      high--;
      while (before(values[first], values[high])) {
        high--;
      }
      if (low >= high) {
        return low;
      }
      swap(low, high);
      low++;
    }
  }

  private void middleToFirst(int first, int a, int b, int c) {
    if (before(values[a], values[b])) {
      swap(first, before(values[b], values[c]) ? b : before(values[a], values[c]) ? c : a);
    } else {
      swap(first, before(values[a], values[c]) ? a : before(values[b], values[c]) ? c : b);
    }
  }

  private void insertionSort(int first, int last) {
    for (int i = first + 1; i < last; i++) {
      if (before(values[i], values[first])) {
        float value = values[i];
        int position = positions[i];
        System.arraycopy(values, first, values, first + 1, i - first);
        System.arraycopy(positions, first, positions, first + 1, i - first);
        set(first, value, position);
      } else {
        insert(i);
      }
    }
  }

  /** Moves an element down to its place; something that is not behind it stands before. */
  private void insert(int i) {
    float value = values[i];
    int position = positions[i];
    int at = i;
    while (before(value, values[at - 1])) {
      set(at, at - 1);
      at--;
    }
    set(at, value, position);
  }
}
