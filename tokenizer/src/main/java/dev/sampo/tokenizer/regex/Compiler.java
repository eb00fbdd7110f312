package dev.sampo.tokenizer.regex;

import dev.sampo.tokenizer.TokenizerException;
import dev.sampo.tokenizer.text.CodePointSet;
import dev.sampo.tokenizer.text.IntList;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Turns a syntax tree into a program for {@link Matcher}. */
final class Compiler {
  static final int CHAR = 0; // c
  static final int SET = 1; // set
  static final int JUMP = 2; // to
  static final int SPLIT = 3; // to: first what follows, then `to`
  static final int SPLIT_LAZY = 4; // to: first `to`, then what follows
  static final int SAVE = 5; // register
  static final int ASSERT = 6; // ordinal
  static final int BACKREF = 7; // index into lists, folds
  static final int LOOK = 8; // negative, end; the body follows
  static final int LOOK_BEHIND = 9; // negative, end, min, max; the body follows
  static final int ATOMIC_BEGIN = 10; // register
  static final int ATOMIC_END = 11; // register
  static final int LOOP_GREEDY = 12; // set, min, max
  static final int LOOP_LAZY = 13; // set, min, max
  static final int LOOP_POSSESSIVE = 14; // set, min, max
  static final int COUNT_RESET = 15; // register
  static final int COUNT_CHECK = 16; // register, min, max, lazy, exit
  static final int COUNT_UP = 17; // register
  static final int EMPTY_MARK = 18; // register
  static final int EMPTY_CHECK = 19; // register, exit
  static final int MATCH = 20;
  static final int CLUSTER = 21;

  private static final int MAX_PROGRAM = 200_000;
  private static final int MAX_LOOK_BEHIND = 1_000;

  final IntList code = new IntList(64);
  final List<CodePointSet> sets = new ArrayList<>();
  final List<int[]> groupLists = new ArrayList<>();
  int registers;

  Compiler(Node root, int groups) {
    registers = 2 * (groups + 1);
    emit(root);
    op(MATCH);
  }

  private void op(int... words) {
    if (code.size() > MAX_PROGRAM) {
      throw new TokenizerException(
          "Regex is too large: more than " + MAX_PROGRAM + " words of program");
    }
    for (int w : words) {
      code.add(w);
    }
  }

  private int set(CodePointSet set) {
    for (int i = 0; i < sets.size() && i < 64; i++) {
      if (sets.get(i).equals(set)) {
        return i;
      }
    }
    sets.add(set);
    return sets.size() - 1;
  }

  private void emit(Node node) {
    if (node instanceof Node.Chars) {
      Node.Chars c = (Node.Chars) node;
      if (c.literal >= 0 && !c.folds) {
        op(CHAR, c.literal);
      } else {
        op(SET, set(c.set));
      }
    } else if (node instanceof Node.Sequence) {
      for (Node part : ((Node.Sequence) node).parts) {
        emit(part);
      }
    } else if (node instanceof Node.Choice) {
      emitChoice(((Node.Choice) node).options);
    } else if (node instanceof Node.Repeat) {
      emitRepeat((Node.Repeat) node);
    } else if (node instanceof Node.Capture) {
      Node.Capture c = (Node.Capture) node;
      op(SAVE, 2 * c.number);
      emit(c.body);
      op(SAVE, 2 * c.number + 1);
    } else if (node instanceof Node.Atomic) {
      emitAtomic(((Node.Atomic) node).body);
    } else if (node instanceof Node.Look) {
      emitLook((Node.Look) node);
    } else if (node instanceof Node.Assert) {
      op(ASSERT, ((Node.Assert) node).kind.ordinal());
    } else if (node instanceof Node.BackReference) {
      Node.BackReference b = (Node.BackReference) node;
      groupLists.add(b.groups);
      for (int g : b.groups) {
        if (2 * g + 1 >= registers) {
          throw new TokenizerException("Regex refers to group " + g + ", which it does not have");
        }
      }
      op(BACKREF, groupLists.size() - 1, b.folds ? 1 : 0);
    } else {
      op(CLUSTER);
    }
  }

  private void emitChoice(List<Node> options) {
    IntList jumps = new IntList();
    for (int i = 0; i < options.size(); i++) {
      if (i < options.size() - 1) {
        op(SPLIT, 0);
        int patch = code.size() - 1;
        emit(options.get(i));
        op(JUMP, 0);
        jumps.add(code.size() - 1);
        code.set(patch, code.size());
      } else {
        emit(options.get(i));
      }
    }
    for (int i = 0; i < jumps.size(); i++) {
      code.set(jumps.get(i), code.size());
    }
  }

  private void emitAtomic(Node body) {
    int r = registers++;
    op(ATOMIC_BEGIN, r);
    emit(body);
    op(ATOMIC_END, r);
  }

  private void emitRepeat(Node.Repeat repeat) {
    if (repeat.body instanceof Node.Chars) {
      int s = set(((Node.Chars) repeat.body).set);
      int kind =
          repeat.mode == Node.Mode.GREEDY
              ? LOOP_GREEDY
              : repeat.mode == Node.Mode.LAZY ? LOOP_LAZY : LOOP_POSSESSIVE;
      op(kind, s, repeat.min, repeat.max);
      return;
    }
    if (repeat.mode == Node.Mode.POSSESSIVE) {
      emitAtomic(new Node.Repeat(repeat.body, repeat.min, repeat.max, Node.Mode.GREEDY));
      return;
    }
    boolean lazy = repeat.mode == Node.Mode.LAZY;
    if (repeat.min == 0 && repeat.max == 1) {
      op(lazy ? SPLIT_LAZY : SPLIT, 0);
      int patch = code.size() - 1;
      emit(repeat.body);
      code.set(patch, code.size());
      return;
    }
    int counter = registers++;
    int mark = registers++;
    op(COUNT_RESET, counter);
    int head = code.size();
    op(COUNT_CHECK, counter, repeat.min, repeat.max, lazy ? 1 : 0, 0);
    int patch = code.size() - 1;
    op(COUNT_UP, counter);
    op(EMPTY_MARK, mark);
    emit(repeat.body);
    op(EMPTY_CHECK, mark, 0);
    int patch2 = code.size() - 1;
    op(JUMP, head);
    code.set(patch, code.size());
    code.set(patch2, code.size());
  }

  private void emitLook(Node.Look look) {
    int patch;
    if (look.behind) {
      int[] width = width(look.body);
      if (width == null || width[1] > MAX_LOOK_BEHIND) {
        throw new TokenizerException(
            "Regex has a look-behind of unbounded length; give it at most " + MAX_LOOK_BEHIND);
      }
      op(LOOK_BEHIND, look.negative ? 1 : 0, 0, width[0], width[1]);
      patch = code.size() - 3;
    } else {
      op(LOOK, look.negative ? 1 : 0, 0);
      patch = code.size() - 1;
    }
    emit(look.body);
    op(MATCH);
    code.set(patch, code.size());
  }

  /** Least and greatest number of code points that {@code node} takes, or null if there is no greatest. */
  static int @Nullable [] width(Node node) {
    if (node instanceof Node.Chars) {
      return new int[] {1, 1};
    }
    if (node instanceof Node.Sequence) {
      long min = 0;
      long max = 0;
      for (Node part : ((Node.Sequence) node).parts) {
        int[] w = width(part);
        if (w == null) {
          return null;
        }
        min += w[0];
        max += w[1];
      }
      return max > 1_000_000 ? null : new int[] {(int) min, (int) max};
    }
    if (node instanceof Node.Choice) {
      int[] all = {Integer.MAX_VALUE, 0};
      for (Node option : ((Node.Choice) node).options) {
        int[] w = width(option);
        if (w == null) {
          return null;
        }
        all[0] = Math.min(all[0], w[0]);
        all[1] = Math.max(all[1], w[1]);
      }
      return all;
    }
    if (node instanceof Node.Repeat) {
      Node.Repeat r = (Node.Repeat) node;
      int[] w = width(r.body);
      if (w == null || (r.max == Node.UNBOUNDED && w[1] > 0)) {
        return null;
      }
      long max = w[1] == 0 ? 0 : (long) w[1] * r.max;
      return max > 1_000_000
          ? null
          : new int[] {(int) Math.min((long) w[0] * r.min, 1_000_000), (int) max};
    }
    if (node instanceof Node.Capture) {
      return width(((Node.Capture) node).body);
    }
    if (node instanceof Node.Atomic) {
      return width(((Node.Atomic) node).body);
    }
    if (node instanceof Node.Look || node instanceof Node.Assert) {
      return new int[] {0, 0};
    }
    return null;
  }

  /** The code points that a match can begin with, or null if it can begin with any, or be empty. */
  static @Nullable CodePointSet first(Node node) {
    if (node instanceof Node.Chars) {
      return ((Node.Chars) node).set;
    }
    if (node instanceof Node.Sequence) {
      CodePointSet set = CodePointSet.EMPTY;
      for (Node part : ((Node.Sequence) node).parts) {
        if (part instanceof Node.Look || part instanceof Node.Assert) {
          continue;
        }
        int[] w = width(part);
        boolean empty = minimum(part) == 0;
        CodePointSet f = empty ? firstOfOptional(part) : first(part);
        if (f == null) {
          return null;
        }
        set = set.union(f);
        if (!empty) {
          return set;
        }
        if (w != null && w[1] == 0) {
          continue;
        }
      }
      return null;
    }
    if (node instanceof Node.Choice) {
      CodePointSet set = CodePointSet.EMPTY;
      for (Node option : ((Node.Choice) node).options) {
        CodePointSet f = first(option);
        if (f == null) {
          return null;
        }
        set = set.union(f);
      }
      return set;
    }
    if (node instanceof Node.Repeat) {
      return ((Node.Repeat) node).min == 0 ? null : first(((Node.Repeat) node).body);
    }
    if (node instanceof Node.Capture) {
      return first(((Node.Capture) node).body);
    }
    if (node instanceof Node.Atomic) {
      return first(((Node.Atomic) node).body);
    }
    return null;
  }

  private static @Nullable CodePointSet firstOfOptional(Node part) {
    if (part instanceof Node.Repeat) {
      return first(((Node.Repeat) part).body);
    }
    return null;
  }

  /** 0 if {@code node} can match nothing (or nothing is known), else 1. */
  private static int minimum(Node node) {
    if (node instanceof Node.Repeat) {
      return ((Node.Repeat) node).min == 0 ? 0 : minimum(((Node.Repeat) node).body);
    }
    if (node instanceof Node.Capture) {
      return minimum(((Node.Capture) node).body);
    }
    if (node instanceof Node.Atomic) {
      return minimum(((Node.Atomic) node).body);
    }
    if (node instanceof Node.Choice) {
      for (Node option : ((Node.Choice) node).options) {
        if (minimum(option) == 0) {
          return 0;
        }
      }
      return 1;
    }
    if (node instanceof Node.Sequence) {
      for (Node part : ((Node.Sequence) node).parts) {
        if (minimum(part) == 1) {
          return 1;
        }
      }
      return 0;
    }
    return node instanceof Node.Chars ? 1 : 0;
  }
}
