package dev.sampo.tokenizer;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is to be encoded: one text or a pair, each a string or a list of words that were split beforehand. */
public final class Input {
  final List<String> first;
  final @Nullable List<String> second;
  final boolean words;

  private Input(List<String> first, @Nullable List<String> second, boolean words) {
    this.first = Collections.unmodifiableList(new ArrayList<>(first));
    this.second = second == null ? null : Collections.unmodifiableList(new ArrayList<>(second));
    this.words = words;
  }

  /** One text. */
  public static Input text(String text) {
    return new Input(Collections.singletonList(text), null, false);
  }

  /** Two texts. */
  public static Input pair(String text, String pair) {
    return new Input(Collections.singletonList(text), Collections.singletonList(pair), false);
  }

  /** One text as words; offsets count from the start of each word. */
  public static Input words(List<String> words) {
    return new Input(words, null, true);
  }

  /** Two texts as words. */
  public static Input words(List<String> words, List<String> pair) {
    return new Input(words, pair, true);
  }
}
