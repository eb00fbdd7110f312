package dev.sampo.tokenizer.chat;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Something that can be called. */
interface Callable {
  @Nullable Object call(Run run, List<@Nullable Object> args, Map<String, @Nullable Object> named);
}
