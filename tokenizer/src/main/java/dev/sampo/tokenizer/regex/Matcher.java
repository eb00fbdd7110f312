package dev.sampo.tokenizer.regex;

import static dev.sampo.tokenizer.regex.Compiler.*;

import dev.sampo.tokenizer.TokenizerException;
import dev.sampo.tokenizer.text.CodePointSet;
import dev.sampo.tokenizer.text.Graphemes;
import java.util.Arrays;
import java.util.List;

/**
 * Runs a program by backtracking, with its own stack and a budget of steps: a hostile pattern ends in an error and not in
 * an endless loop or a stack overflow. One text, one thread.
 */
final class Matcher {
  /** More than any sane pattern needs on a text; Oniguruma itself stops at ten million retries a match. */
  private static final long BASE_STEPS = 20_000_000L;

  private static final long STEPS_A_UNIT = 2_000L;

  private static final int MAX_STACK = 6_000_000;
  private static final int LAZY = 1 << 29;
  private static final int GREEDY = 1 << 30;

  private final String pattern;
  private final int[] code;
  private final CodePointSet[] sets;
  private final List<int[]> groupLists;
  private final char[] text;
  private final int low;
  private final int high;

  private final int[] registers;
  private int[] stack = new int[96];
  private int top;
  private long steps;
  private final long maxSteps;
  private int searchStart;
  private int keep;
  private int end;

  Matcher(Regex regex, char[] text, int low, int high) {
    pattern = regex.pattern();
    code = regex.code;
    sets = regex.sets;
    groupLists = regex.groupLists;
    registers = new int[regex.registers];
    this.text = text;
    this.low = low;
    this.high = high;
    maxSteps = BASE_STEPS + STEPS_A_UNIT * (high - low);
  }

  /** Looks for a match that begins at {@code start} or after; true if there is one. */
  boolean find(int start, @org.jspecify.annotations.Nullable CodePointSet first) {
    searchStart = start;
    int s = start;
    while (true) {
      if (first != null) {
        while (s < high && !first.contains(codePointAt(s))) {
          s += width(s);
        }
        if (s >= high) {
          return false;
        }
      }
      Arrays.fill(registers, -1);
      top = 0;
      keep = s;
      int e = run(0, s);
      if (e >= 0) {
        end = e;
        return true;
      }
      if (s >= high) {
        return false;
      }
      s += width(s);
    }
  }

  int start() {
    return keep;
  }

  int end() {
    return end;
  }

  private int codePointAt(int i) {
    return Character.codePointAt(text, i, high);
  }

  private int width(int i) {
    return Character.isHighSurrogate(text[i])
            && i + 1 < high
            && Character.isLowSurrogate(text[i + 1])
        ? 2
        : 1;
  }

  private int before(int i) {
    return Character.isLowSurrogate(text[i - 1])
            && i - 2 >= low
            && Character.isHighSurrogate(text[i - 2])
        ? i - 2
        : i - 1;
  }

  private void push(int a, int b, int c) {
    if (top + 3 > stack.length) {
      if (stack.length > MAX_STACK) {
        throw tooMuch();
      }
      stack = Arrays.copyOf(stack, stack.length * 2);
    }
    stack[top++] = a;
    stack[top++] = b;
    stack[top++] = c;
  }

  private TokenizerException tooMuch() {
    String shown = pattern.length() > 80 ? pattern.substring(0, 80) + "..." : pattern;
    return new TokenizerException(
        "Regex '" + shown + "' needs too many steps on this text (" + (high - low) + " units)");
  }

  private void setRegister(int r, int value) {
    push(-1 - r, registers[r], 0);
    registers[r] = value;
  }

  /** Forgets the choices above {@code height} but keeps what restores registers. */
  private void cut(int height) {
    int to = height;
    for (int i = height; i < top; i += 3) {
      if (stack[i] < 0) {
        stack[to] = stack[i];
        stack[to + 1] = stack[i + 1];
        stack[to + 2] = stack[i + 2];
        to += 3;
      }
    }
    top = to;
  }

  /** Runs from {@code pc} at {@code pos}; the end of the match, or -1. On success the choices stay on the stack. */
  private int run(int startPc, int startPos) {
    final int base = top;
    int pc = startPc;
    int pos = startPos;
    while (true) {
      if (++steps > maxSteps) {
        throw tooMuch();
      }
      boolean ok = true;
      switch (code[pc]) {
        case CHAR:
          {
            int c = code[pc + 1];
            if (pos < high && codePointAt(pos) == c) {
              pos += c > 0xFFFF ? 2 : 1;
              pc += 2;
            } else {
              ok = false;
            }
            break;
          }
        case SET:
          if (pos < high && sets[code[pc + 1]].contains(codePointAt(pos))) {
            pos += width(pos);
            pc += 2;
          } else {
            ok = false;
          }
          break;
        case JUMP:
          pc = code[pc + 1];
          break;
        case SPLIT:
          push(code[pc + 1], pos, 0);
          pc += 2;
          break;
        case SPLIT_LAZY:
          push(pc + 2, pos, 0);
          pc = code[pc + 1];
          break;
        case SAVE:
          setRegister(code[pc + 1], pos);
          pc += 2;
          break;
        case ASSERT:
          ok = holds(code[pc + 1], pos);
          pc += 2;
          break;
        case BACKREF:
          {
            int after = backReference(groupLists.get(code[pc + 1]), code[pc + 2] == 1, pos);
            ok = after >= 0;
            pos = after;
            pc += 3;
            break;
          }
        case LOOK:
          {
            int height = top;
            boolean hit = run(pc + 3, pos) >= 0;
            ok = leaveLook(hit, code[pc + 1] == 1, height);
            pc = code[pc + 2];
            break;
          }
        case LOOK_BEHIND:
          {
            int height = top;
            boolean hit = behind(pc, pos);
            ok = leaveLook(hit, code[pc + 1] == 1, height);
            pc = code[pc + 2];
            break;
          }
        case ATOMIC_BEGIN:
          setRegister(code[pc + 1], top);
          pc += 2;
          break;
        case ATOMIC_END:
          cut(registers[code[pc + 1]]);
          pc += 2;
          break;
        case LOOP_GREEDY:
        case LOOP_POSSESSIVE:
          {
            CodePointSet set = sets[code[pc + 1]];
            int min = code[pc + 2];
            int max = code[pc + 3];
            int n = 0;
            int at = pos;
            int least = pos;
            while (n < max && at < high && set.contains(codePointAt(at))) {
              at += width(at);
              if (++n == min) {
                least = at;
              }
            }
            steps += n;
            if (n < min) {
              ok = false;
            } else {
              if (at > least && code[pc] == LOOP_GREEDY) {
                push((pc + 4) | GREEDY, at, least);
              }
              pos = at;
              pc += 4;
            }
            break;
          }
        case LOOP_LAZY:
          {
            CodePointSet set = sets[code[pc + 1]];
            int min = code[pc + 2];
            int n = 0;
            while (n < min && pos < high && set.contains(codePointAt(pos))) {
              pos += width(pos);
              n++;
            }
            if (n < min) {
              ok = false;
            } else {
              push(
                  pc | LAZY,
                  pos,
                  code[pc + 3] == Node.UNBOUNDED ? Node.UNBOUNDED : code[pc + 3] - n);
              pc += 4;
            }
            break;
          }
        case COUNT_RESET:
          setRegister(code[pc + 1], 0);
          pc += 2;
          break;
        case COUNT_CHECK:
          {
            int n = registers[code[pc + 1]];
            if (n < code[pc + 2]) {
              pc += 6;
            } else if (n >= code[pc + 3] && code[pc + 3] != Node.UNBOUNDED) {
              pc = code[pc + 5];
            } else if (code[pc + 4] == 1) {
              push(pc + 6, pos, 0);
              pc = code[pc + 5];
            } else {
              push(code[pc + 5], pos, 0);
              pc += 6;
            }
            break;
          }
        case COUNT_UP:
          setRegister(code[pc + 1], registers[code[pc + 1]] + 1);
          pc += 2;
          break;
        case EMPTY_MARK:
          setRegister(code[pc + 1], pos);
          pc += 2;
          break;
        case EMPTY_CHECK:
          pc = registers[code[pc + 1]] == pos ? code[pc + 2] : pc + 3;
          break;
        case CLUSTER:
          if (pos < high) {
            pos = Graphemes.next(text, pos, high, false);
            pc++;
          } else {
            ok = false;
          }
          break;
        default: // MATCH
          return pos;
      }
      if (ok) {
        continue;
      }
      // back to the last choice
      while (true) {
        if (top == base) {
          return -1;
        }
        top -= 3;
        int kind = stack[top];
        if (kind < 0) {
          registers[-1 - kind] = stack[top + 1];
          continue;
        }
        if ((kind & GREEDY) != 0) {
          int at = before(stack[top + 1]);
          int least = stack[top + 2];
          if (at > least) {
            stack[top + 1] = at;
            top += 3;
          }
          pos = at;
          pc = kind & ~GREEDY;
          break;
        }
        if ((kind & LAZY) != 0) {
          pc = kind & ~LAZY;
          int at = stack[top + 1];
          int left = stack[top + 2];
          if (left > 0 && at < high && sets[code[pc + 1]].contains(codePointAt(at))) {
            at += width(at);
            stack[top + 1] = at;
            stack[top + 2] = left == Node.UNBOUNDED ? left : left - 1;
            top += 3;
            pos = at;
            pc += 4;
            break;
          }
          continue;
        }
        pc = kind;
        pos = stack[top + 1];
        break;
      }
    }
  }

  private boolean leaveLook(boolean hit, boolean negative, int height) {
    if (hit && negative) {
      // undo what the body did
      while (top > height) {
        top -= 3;
        if (stack[top] < 0) {
          registers[-1 - stack[top]] = stack[top + 1];
        }
      }
    } else if (hit) {
      cut(height);
    }
    return hit != negative;
  }

  private boolean behind(int pc, int pos) {
    int min = code[pc + 3];
    int max = code[pc + 4];
    int at = pos;
    for (int n = 0; n <= max; n++) {
      if (n >= min) {
        int height = top;
        int body = pc + 5;
        int got = runTo(body, at, pos);
        if (got >= 0) {
          return true;
        }
        top = height;
      }
      if (at <= low) {
        return false;
      }
      at = before(at);
    }
    return false;
  }

  /** Runs the body so that it ends exactly at {@code wanted}: tries its choices one by one. */
  private int runTo(int pc, int pos, int wanted) {
    int height = top;
    int e = run(pc, pos);
    while (e >= 0 && e != wanted) {
      // fail on purpose: resume at the last choice
      e = resume(height);
    }
    return e;
  }

  private int resume(int base) {
    while (top > base) {
      top -= 3;
      int kind = stack[top];
      if (kind < 0) {
        registers[-1 - kind] = stack[top + 1];
        continue;
      }
      int at = stack[top + 1];
      if ((kind & GREEDY) != 0) {
        int one = before(at);
        if (one > stack[top + 2]) {
          push(kind, one, stack[top + 2]);
        }
        return runAbove(base, kind & ~GREEDY, one);
      }
      if ((kind & LAZY) != 0) {
        int loop = kind & ~LAZY;
        int left = stack[top + 2];
        if (left > 0 && at < high && sets[code[loop + 1]].contains(codePointAt(at))) {
          int one = at + width(at);
          push(kind, one, left == Node.UNBOUNDED ? left : left - 1);
          return runAbove(base, loop + 4, one);
        }
        continue;
      }
      return runAbove(base, kind, at);
    }
    return -1;
  }

  private int runAbove(int base, int pc, int pos) {
    int e = run(pc, pos);
    return e >= 0 ? e : resume(base);
  }

  private int backReference(int[] groups, boolean folds, int pos) {
    for (int i = groups.length - 1; i >= 0; i--) {
      int from = registers[2 * groups[i]];
      int to = registers[2 * groups[i] + 1];
      if (from < 0 || to < from) {
        continue;
      }
      int at = pos;
      int k = from;
      while (k < to && at < high) {
        int a = codePointAt(k);
        int b = codePointAt(at);
        if (a != b && !(folds && CaseFolding.simple(a) == CaseFolding.simple(b))) {
          break;
        }
        k += Character.charCount(a);
        at += Character.charCount(b);
      }
      return k >= to ? at : -1;
    }
    return -1;
  }

  private boolean isWord(int pos) {
    return Properties.word().contains(pos);
  }

  private boolean boundary(int pos) {
    boolean left = pos > low && isWord(codePointAt(before(pos)));
    boolean right = pos < high && isWord(codePointAt(pos));
    return left != right;
  }

  private boolean holds(int kind, int pos) {
    switch (Node.Assertion.values()[kind]) {
      case LINE_START:
        return pos == low || (text[pos - 1] == '\n' && pos < high);
      case LINE_END:
        return pos == high || text[pos] == '\n';
      case TEXT_START:
        return pos == low;
      case TEXT_END:
        return pos == high;
      case TEXT_END_OR_NEWLINE:
        return pos == high || (pos == high - 1 && text[pos] == '\n');
      case WORD_BOUNDARY:
        return boundary(pos);
      case NOT_WORD_BOUNDARY:
        return !boundary(pos);
      case SEARCH_START:
        return pos == searchStart;
      case KEEP:
        keep = pos;
        return true;
      default:
        return false;
    }
  }
}
