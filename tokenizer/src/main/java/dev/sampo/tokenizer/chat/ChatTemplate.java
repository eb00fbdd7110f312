package dev.sampo.tokenizer.chat;

import dev.sampo.tokenizer.Tokenizer;
import dev.sampo.tokenizer.TokenizerConfig;
import java.time.Clock;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A chat template: Jinja as transformers' {@code apply_chat_template} sets it up (trim_blocks, lstrip_blocks, loop controls,
 * the {@code generation} tag, {@code tojson} without escapes, {@code raise_exception}, {@code strftime_now}). It is a small
 * interpreter of its own: the template libraries for the JVM differ from Jinja2 in just those places, and none runs on
 * Android. Immutable and thread-safe. A template that does not end is stopped with an error.
 *
 * <pre>{@code
 * ChatTemplate template = ChatTemplate.of(tokenizer);
 * String prompt = template.apply(List.of(Map.of("role", "user", "content", "Hello!")), true);
 * int[] ids = tokenizer.encode(prompt, false).ids();
 * }</pre>
 */
public final class ChatTemplate {
  private final Statement body;
  private final Map<String, String> specialTokens;
  private final Clock clock;

  private ChatTemplate(Statement body, Map<String, String> specialTokens, Clock clock) {
    this.body = body;
    this.specialTokens = specialTokens;
    this.clock = clock;
  }

  /**
   * Reads a template.
   *
   * @throws ChatTemplateException if it is not Jinja, or uses something that is not supported; the message names the line
   */
  public static ChatTemplate compile(String template) {
    return new ChatTemplate(
        new Parser(template).parse(), new HashMap<>(), Clock.systemDefaultZone());
  }

  /** The template of a tokenizer's tokenizer_config.json, with its special tokens. */
  public static ChatTemplate of(Tokenizer tokenizer) {
    String template = tokenizer.config().chatTemplate();
    if (template == null) {
      throw new ChatTemplateException(
          "The tokenizer has no chat template (chat_template of tokenizer_config.json, or chat_template.jinja)");
    }
    return compile(template).withSpecialTokens(tokenizer.config());
  }

  /** The same template with the special tokens of {@code config} as variables ({@code bos_token} and so on). */
  public ChatTemplate withSpecialTokens(TokenizerConfig config) {
    return new ChatTemplate(body, new HashMap<>(config.specialTokens()), clock);
  }

  /** The same template with another clock behind {@code strftime_now}. */
  public ChatTemplate withClock(Clock newClock) {
    return new ChatTemplate(body, specialTokens, newClock);
  }

  /**
   * Renders a conversation.
   *
   * @param messages each with {@code role} and {@code content}, and whatever else the template reads
   * @param addGenerationPrompt whether the text ends where the assistant's answer begins
   * @throws ChatTemplateException if the template refuses the conversation
   */
  public String apply(List<? extends Map<String, ?>> messages, boolean addGenerationPrompt) {
    return apply(messages, addGenerationPrompt, new HashMap<>());
  }

  /** The same with more variables, such as {@code tools} or {@code enable_thinking}; they go before the usual ones. */
  public String apply(
      List<? extends Map<String, ?>> messages,
      boolean addGenerationPrompt,
      Map<String, ?> variables) {
    Map<String, @Nullable Object> all = new HashMap<>();
    all.put("tools", null);
    all.put("documents", null);
    all.putAll(specialTokens);
    all.put("messages", messages);
    all.put("add_generation_prompt", addGenerationPrompt);
    all.putAll(variables);
    return render(all);
  }

  /** Renders with just these variables: strings, numbers, booleans, lists and maps. */
  public String render(Map<String, ? extends @Nullable Object> variables) {
    Scope scope = new Scope();
    Builtins.globals(scope);
    scope.set(
        "strftime_now",
        (Values.Callable)
            (args, named) -> strftime(Values.text(args.get(0)), ZonedDateTime.now(clock)));
    for (Map.Entry<String, ? extends @Nullable Object> e : variables.entrySet()) {
      scope.set(e.getKey(), Values.of(e.getValue()));
    }
    StringBuilder out = new StringBuilder();
    body.run(scope, out);
    return out.toString();
  }

  private static String strftime(String format, ZonedDateTime now) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < format.length(); i++) {
      char c = format.charAt(i);
      if (c != '%' || i + 1 == format.length()) {
        out.append(c);
        continue;
      }
      char kind = format.charAt(++i);
      boolean plain = kind == '-' && i + 1 < format.length();
      if (plain) {
        kind = format.charAt(++i);
      }
      String pattern = pattern(kind, plain);
      out.append(
          pattern.isEmpty()
              ? (kind == '%' ? "%" : "%" + kind)
              : DateTimeFormatter.ofPattern(pattern, Locale.ENGLISH).format(now));
    }
    return out.toString();
  }

  private static String pattern(char kind, boolean plain) {
    switch (kind) {
      case 'Y':
        return "yyyy";
      case 'y':
        return "yy";
      case 'm':
        return plain ? "M" : "MM";
      case 'd':
        return plain ? "d" : "dd";
      case 'e':
        return "ppd";
      case 'B':
        return "MMMM";
      case 'b':
      case 'h':
        return "MMM";
      case 'A':
        return "EEEE";
      case 'a':
        return "EEE";
      case 'H':
        return plain ? "H" : "HH";
      case 'I':
        return plain ? "h" : "hh";
      case 'M':
        return plain ? "m" : "mm";
      case 'S':
        return plain ? "s" : "ss";
      case 'p':
        return "a";
      case 'j':
        return "DDD";
      case 'F':
        return "yyyy-MM-dd";
      case 'T':
        return "HH:mm:ss";
      case 'Z':
        return "zzz";
      default:
        return "";
    }
  }
}
