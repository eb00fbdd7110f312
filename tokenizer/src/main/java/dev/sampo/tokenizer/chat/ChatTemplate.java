package dev.sampo.tokenizer.chat;

import dev.sampo.tokenizer.Tokenizer;
import dev.sampo.tokenizer.TokenizerConfig;
import java.time.Clock;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * A chat template: Jinja as transformers' {@code apply_chat_template} sets it up (trim_blocks, lstrip_blocks, loop controls,
 * the {@code generation} tag, {@code tojson} without escapes, {@code raise_exception}, {@code strftime_now}). It is a small
 * interpreter of its own: the template libraries for the JVM differ from Jinja2 in just those places, and none runs on
 * Android. Immutable and thread-safe. What a template may cost is limited, in steps and not in time: one that takes more, or goes too deep, ends in an
 * error that names what did.
 *
 * <pre>{@code
 * ChatTemplate template = ChatTemplate.of(tokenizer);
 * String prompt = template.apply(List.of(Map.of("role", "user", "content", "Hello!")), true);
 * int[] ids = tokenizer.encode(prompt, false).ids();
 * }</pre>
 */
public final class ChatTemplate {
  private static final String DEFAULT = "default";
  private static final String TOOL_USE = "tool_use";

  private final Map<String, String> sources;
  private final Map<String, Statement> parsed;
  private final Map<String, String> specialTokens;
  private final Clock clock;

  private ChatTemplate(
      Map<String, String> sources,
      Map<String, Statement> parsed,
      Map<String, String> specialTokens,
      Clock clock) {
    this.sources = sources;
    this.parsed = parsed;
    this.specialTokens = specialTokens;
    this.clock = clock;
  }

  /**
   * Reads a template.
   *
   * @throws ChatTemplateException if it is not Jinja, or uses something that is not supported; the message names the line
   */
  public static ChatTemplate compile(String template) {
    ChatTemplate only =
        new ChatTemplate(
            Collections.singletonMap(DEFAULT, template),
            new ConcurrentHashMap<>(),
            new HashMap<>(),
            Clock.systemDefaultZone());
    Statement unused = only.body(DEFAULT);
    return only;
  }

  /**
   * The templates of a tokenizer, with its special tokens. Where there are several, a conversation with tools takes the one called {@code
   * tool_use} if there is one, and any other {@code default}.
   *
   * @throws ChatTemplateException if the tokenizer has none, or the one that is taken by default is not valid
   */
  public static ChatTemplate of(Tokenizer tokenizer) {
    Map<String, String> all = tokenizer.config().chatTemplates();
    if (all.isEmpty()) {
      throw new ChatTemplateException(
          "The tokenizer has no chat template (chat_template of tokenizer_config.json, or chat_template.jinja)");
    }
    ChatTemplate template =
        new ChatTemplate(
            new HashMap<>(all),
            new ConcurrentHashMap<>(),
            new HashMap<>(tokenizer.config().specialTokens()),
            Clock.systemDefaultZone());
    if (all.containsKey(DEFAULT)) {
      Statement unused = template.body(DEFAULT);
    }
    return template;
  }

  /** The names of the templates. */
  public Set<String> names() {
    return Collections.unmodifiableSet(new TreeSet<>(sources.keySet()));
  }

  /**
   * The Jinja source of the template that is taken, with or without tools.
   *
   * @throws ChatTemplateException if there are only others
   */
  public String source(boolean withTools) {
    return String.valueOf(sources.get(chosen(withTools)));
  }

  /**
   * One template alone, whatever the conversation has.
   *
   * @throws ChatTemplateException if there is none of that name; the message lists the names
   */
  public ChatTemplate named(String name) {
    String source = sources.get(name);
    if (source == null) {
      throw new ChatTemplateException(
          "There is no chat template '" + name + "'. There are: " + names());
    }
    return new ChatTemplate(
        Collections.singletonMap(DEFAULT, source), new ConcurrentHashMap<>(), specialTokens, clock);
  }

  private String chosen(boolean withTools) {
    String name = withTools && sources.containsKey(TOOL_USE) ? TOOL_USE : DEFAULT;
    if (!sources.containsKey(name)) {
      throw new ChatTemplateException(
          "There is no chat template 'default'. Choose one of them by name: " + names());
    }
    return name;
  }

  private Statement body(String name) {
    Statement known = parsed.get(name);
    if (known == null) {
      try {
        known = new Parser(String.valueOf(sources.get(name))).parse();
      } catch (StackOverflowError e) {
        throw new ChatTemplateException(
            "The chat template is nested too deep for the stack of this thread", e);
      }
      parsed.put(name, known);
    }
    return known;
  }

  /** The same template with the special tokens of {@code config} as variables ({@code bos_token} and so on). */
  public ChatTemplate withSpecialTokens(TokenizerConfig config) {
    return new ChatTemplate(sources, parsed, new HashMap<>(config.specialTokens()), clock);
  }

  /** The same template with another clock behind {@code strftime_now}. */
  public ChatTemplate withClock(Clock newClock) {
    return new ChatTemplate(sources, parsed, specialTokens, newClock);
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
    return render(body(chosen(all.get("tools") != null)), all);
  }

  /**
   * Renders with just these variables: strings, numbers, booleans, lists and maps.
   *
   * @throws ChatTemplateException if the template refuses them, or takes more than a chat template may
   */
  public String render(Map<String, ? extends @Nullable Object> variables) {
    return render(body(chosen(variables.get("tools") != null)), variables);
  }

  private String render(Statement body, Map<String, ? extends @Nullable Object> variables) {
    Run run = new Run(clock);
    Scope globals = new Scope(run);
    Globals.set(globals);
    for (Map.Entry<String, ? extends @Nullable Object> e : variables.entrySet()) {
      globals.set(e.getKey(), Values.of(e.getValue()));
    }
    StringBuilder out = new StringBuilder();
    try {
      int unused = body.run(new Scope(globals), out);
    } catch (StackOverflowError e) {
      throw new ChatTemplateException(
          "Chat template, line " + run.line + ": nested too deep for the stack of this thread", e);
    }
    return out.toString();
  }
}
