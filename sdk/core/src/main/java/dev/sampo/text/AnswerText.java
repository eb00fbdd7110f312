package dev.sampo.text;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The text of a chat answer as it grows: what the user may see of it by now. Spaces at both ends, stop strings, what is said between {@code <think>} and
 * {@code </think>} and calls of tools are not part of it; where one of them could begin, the rest is held back until that is decided.
 *
 * <pre>{@code
 * AnswerText answer = new AnswerText(List.of("\n\n"), true, System.out::print, thought -> {});
 * handle.tokens().forEachRemaining(step -> answer.add(step.text()));
 * answer.end(handle.join().message().toolCalls().isEmpty());
 * }</pre>
 *
 * <p>Not thread-safe.
 */
public final class AnswerText {
  private static final String THINK = "<think>";
  private static final String THOUGHT = "</think>";
  private static final List<String> MARKS =
      Collections.unmodifiableList(Arrays.asList("<tool_call>", "[TOOL_CALLS]", "<|python_tag|>"));

  private final List<String> stops;
  private boolean mayCall;
  private final Consumer<String> onText;
  private final Consumer<String> onThinking;
  private final StringBuilder raw = new StringBuilder();
  private final StringBuilder text = new StringBuilder();
  private final StringBuilder thinking = new StringBuilder();

  /**
   * An answer of which nothing is there yet.
   *
   * @param stops texts that end it and are no part of it
   * @param mayCall whether tools were offered, so that the text of their calls is left out
   * @param onText hears of each further piece of the answer
   * @param onThinking hears of each further piece of what is said in thought
   */
  public AnswerText(
      List<String> stops, boolean mayCall, Consumer<String> onText, Consumer<String> onThinking) {
    this.stops = stops;
    this.mayCall = mayCall;
    this.onText = onText;
    this.onThinking = onThinking;
  }

  /** Takes the text of a further token. */
  public void add(String piece) {
    raw.append(piece);
    tell(false);
  }

  /**
   * No more comes.
   *
   * @param asText that no tool was called: what looked like the beginning of a call was text
   */
  public void end(boolean asText) {
    mayCall &= !asText;
    tell(true);
  }

  /** What was told by now. */
  public String text() {
    return text.toString();
  }

  /** What was said in thought by now; null for nothing. */
  public @Nullable String thinking() {
    return thinking.length() == 0 ? null : thinking.toString();
  }

  private void tell(boolean ended) {
    String all = withoutLead(raw.toString());
    if (all.startsWith(THINK)) {
      int end = all.indexOf(THOUGHT);
      String thought =
          withoutLead(end < 0 ? all.substring(THINK.length()) : all.substring(THINK.length(), end));
      emit(
          thinking,
          end < 0 && !ended
              ? heldBack(thought, Collections.singletonList(THOUGHT))
              : withoutTrail(thought),
          onThinking);
      if (end < 0) {
        return;
      }
      all = withoutLead(all.substring(end + THOUGHT.length()));
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
    emit(text, ended ? stripped(all) : heldBack(all, stops), onText);
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
    return withoutTrail(text.substring(0, keep));
  }

  private static void emit(StringBuilder told, String now, Consumer<String> listener) {
    if (now.length() > told.length()) {
      String more = now.substring(told.length());
      told.append(more);
      listener.accept(more);
    }
  }

  private static String stripped(String text) {
    return withoutTrail(withoutLead(text));
  }

  private static String withoutLead(String text) {
    int from = 0;
    while (from < text.length() && Character.isWhitespace(text.charAt(from))) {
      from++;
    }
    return text.substring(from);
  }

  private static String withoutTrail(String text) {
    int to = text.length();
    while (to > 0 && Character.isWhitespace(text.charAt(to - 1))) {
      to--;
    }
    return text.substring(0, to);
  }
}
