package dev.sampo.text;

import dev.sampo.samplers.text.stop.StopText;
import dev.sampo.tokenizer.chat.ToolCallFormat;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
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
  private static final List<String> MARKS = ToolCallFormat.marks();

  /** What Gemma's and Kimi's calls begin with where their marks, special tokens, are not shown. */
  private static final List<String> BARE =
      Collections.unmodifiableList(Arrays.asList("call:", "functions."));

  private final List<String> stops;
  private final Consumer<String> onText;
  private final @Nullable Consumer<String> onThinking;

  /** What was not told yet. */
  private final StringBuilder held = new StringBuilder();

  private final StringBuilder text = new StringBuilder();
  private final StringBuilder thinking = new StringBuilder();
  private Part part = Part.BEGINNING;
  private boolean mayCall;

  /** What {@link #held} is of. */
  private enum Part {
    BEGINNING,
    THOUGHT,
    ANSWER,
    CALL,
    STOPPED
  }

  /**
   * An answer of which nothing is there yet.
   *
   * @param stops texts that end it and are no part of it
   * @param mayCall whether tools were offered, so that the text of their calls is left out
   * @param onText hears of each further piece of the answer
   * @param onThinking hears of each further piece of what is said in thought; null to leave thoughts in the text
   */
  public AnswerText(
      List<String> stops,
      boolean mayCall,
      Consumer<String> onText,
      @Nullable Consumer<String> onThinking) {
    this.stops = stops;
    this.mayCall = mayCall;
    this.onText = onText;
    this.onThinking = onThinking;
  }

  /** Takes the text of a further token. */
  public void add(String piece) {
    held.append(piece);
    tell(false);
  }

  /**
   * No more comes.
   *
   * @param asText that no tool was called: what looked like the beginning of a call was text
   */
  public void end(boolean asText) {
    mayCall &= !asText;
    if (asText && part == Part.CALL) {
      part = Part.ANSWER;
    }
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
    if (part == Part.BEGINNING) {
      begin(ended);
    }
    if (part == Part.THOUGHT) {
      think(ended);
    }
    if (part == Part.ANSWER) {
      answer(ended);
    }
  }

  private void begin(boolean ended) {
    dropLead();
    if (held.length() == 0) {
      return;
    }
    if (onThinking == null) {
      part = Part.ANSWER;
    } else if (held.indexOf(THINK) == 0) {
      held.delete(0, THINK.length());
      part = Part.THOUGHT;
    } else if (ended || StopText.overlap(held, THINK) < held.length()) {
      part = Part.ANSWER;
    }
  }

  private void think(boolean ended) {
    if (thinking.length() == 0) {
      dropLead();
    }
    int end = held.indexOf(THOUGHT);
    int settled = end < 0 ? held.length() : end;
    if (end < 0 && !ended) {
      settled -= StopText.overlap(held, THOUGHT);
    }
    emit(settled, thinking, Objects.requireNonNull(onThinking));
    if (end >= 0) {
      held.delete(0, held.indexOf(THOUGHT) + THOUGHT.length());
      part = Part.ANSWER;
    }
  }

  private void answer(boolean ended) {
    if (text.length() == 0) {
      dropLead();
    }
    int stop = first(stops);
    if (stop >= 0) {
      held.setLength(stop);
    }
    int call = mayCall ? callStart() : -1;
    int settled = call >= 0 ? call : held.length();
    if (call < 0 && stop < 0 && !ended) {
      settled = mayCall && text.length() == 0 && couldCall() ? 0 : settled;
      for (String mark : mayCall ? MARKS : Collections.<String>emptyList()) {
        settled = Math.min(settled, held.length() - StopText.overlap(held, mark));
      }
      for (String mark : stops) {
        settled = Math.min(settled, held.length() - StopText.overlap(held, mark));
      }
    }
    emit(settled, text, onText);
    if (call >= 0) {
      part = Part.CALL;
    } else if (stop >= 0) {
      part = Part.STOPPED;
    }
  }

  /** Where a call of a tool begins; a bare JSON object is one too where tools may be called: Llama's have no mark, and Mistral's is not shown. */
  private int callStart() {
    boolean bare = text.length() == 0 && held.length() > 0;
    boolean named = bare && BARE.stream().anyMatch(mark -> held.indexOf(mark) == 0);
    return named || bare && (held.charAt(0) == '{' || held.charAt(0) == '[') ? 0 : first(MARKS);
  }

  /** Whether what is held may go on to be a call without a mark. */
  private boolean couldCall() {
    String begun = held.length() > 20 ? "" : held.toString();
    return !begun.isEmpty() && BARE.stream().anyMatch(mark -> mark.startsWith(begun));
  }

  private int first(List<String> marks) {
    int first = -1;
    for (String mark : marks) {
      int at = held.indexOf(mark);
      first = at >= 0 && (first < 0 || at < first) ? at : first;
    }
    return first;
  }

  /** Tells what is settled, but for spaces at its end, which may turn out to be the end of all. */
  private void emit(int settled, StringBuilder told, Consumer<String> listener) {
    int to = settled;
    while (to > 0 && Character.isWhitespace(held.charAt(to - 1))) {
      to--;
    }
    if (to > 0) {
      String more = held.substring(0, to);
      held.delete(0, to);
      told.append(more);
      listener.accept(more);
    }
  }

  private void dropLead() {
    int from = 0;
    while (from < held.length() && Character.isWhitespace(held.charAt(from))) {
      from++;
    }
    held.delete(0, from);
  }
}
