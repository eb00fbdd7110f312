package dev.sampo.langchain4j;

import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The text of an answer as it grows: what the user may see of it by now. Spaces at both ends, stop strings, what is said between {@code <think>} and
 * {@code </think>} and calls of tools are not part of it; where one of them could begin, the rest is held back until that is decided.
 */
final class Answer {
  private static final String THINK = "<think>";
  private static final String THOUGHT = "</think>";
  private static final List<String> MARKS =
      List.of("<tool_call>", "[TOOL_CALLS]", "<|python_tag|>");

  private final List<String> stops;
  private boolean mayCall;
  private final Consumer<String> onText;
  private final Consumer<String> onThinking;
  private final StringBuilder raw = new StringBuilder();
  private final StringBuilder text = new StringBuilder();
  private final StringBuilder thinking = new StringBuilder();

  Answer(
      List<String> stops, boolean mayCall, Consumer<String> onText, Consumer<String> onThinking) {
    this.stops = stops;
    this.mayCall = mayCall;
    this.onText = onText;
    this.onThinking = onThinking;
  }

  /** The text of a further token. */
  void add(String piece) {
    raw.append(piece);
    tell(false);
  }

  /** No more comes; calls of tools are left out. */
  void end() {
    tell(true);
  }

  /** No more comes, and no tool was called. */
  void endAsText() {
    mayCall = false;
    tell(true);
  }

  String text() {
    return text.toString();
  }

  @Nullable String thinking() {
    return thinking.length() == 0 ? null : thinking.toString();
  }

  private void tell(boolean ended) {
    String all = raw.toString().stripLeading();
    if (all.startsWith(THINK)) {
      int end = all.indexOf(THOUGHT);
      String thought = end < 0 ? all.substring(THINK.length()) : all.substring(THINK.length(), end);
      emit(
          thinking,
          end < 0 && !ended ? heldBack(thought, List.of(THOUGHT)) : thought.strip(),
          onThinking);
      if (end < 0) {
        return;
      }
      all = all.substring(end + THOUGHT.length()).stripLeading();
    } else if (!ended && THINK.startsWith(all)) {
      return;
    }
    for (String stop : stops) {
      int at = all.indexOf(stop);
      if (at >= 0) {
        all = all.substring(0, at);
        ended = true;
      }
    }
    if (mayCall) {
      int at = callStart(all);
      if (at >= 0) {
        all = all.substring(0, at);
        ended = true;
      } else if (!ended) {
        all = heldBack(all, MARKS);
      }
    }
    emit(text, ended ? all.strip() : heldBack(all, stops), onText);
  }

  /** Where a call of a tool begins; a bare JSON object is one too where tools may be called (Llama 3). */
  private static int callStart(String text) {
    if (text.startsWith("{") || text.startsWith("[")) {
      return 0;
    }
    int first = -1;
    for (String mark : MARKS) {
      int at = text.indexOf(mark);
      first = at >= 0 && (first < 0 || at < first) ? at : first;
    }
    return first;
  }

  /** Without the end that could become one of these, and without spaces there. */
  private static String heldBack(String text, List<String> marks) {
    int keep = text.length();
    for (String mark : marks) {
      for (int n = Math.min(mark.length() - 1, text.length()); n > 0; n--) {
        if (text.endsWith(mark.substring(0, n))) {
          keep = Math.min(keep, text.length() - n);
          break;
        }
      }
    }
    return text.substring(0, keep).stripTrailing();
  }

  private static void emit(StringBuilder told, String now, Consumer<String> listener) {
    if (now.length() > told.length()) {
      String more = now.substring(told.length());
      told.append(more);
      listener.accept(more);
    }
  }
}
