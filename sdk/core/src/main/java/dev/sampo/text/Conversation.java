package dev.sampo.text;

import dev.sampo.error.CancelledException;
import dev.sampo.error.RequestException;
import dev.sampo.tokenizer.chat.ChatMessage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A conversation with a model: what was said so far, and what the model has read of it, so that each turn reads only what is new.
 *
 * <pre>{@code
 * try (Conversation talk = Conversation.with(generator)) {
 *   talk.system("You are brief.");
 *   System.out.println(talk.say("What is a sampo?").content());
 *   System.out.println(talk.say("Who made it?").content());
 * }
 * }</pre>
 *
 * <p>One thread at a time. The generator stays the caller's.
 */
public final class Conversation implements AutoCloseable {
  private final TextGenerator generator;
  private final GenerationRequest.Builder settings;
  private final List<ChatMessage> messages = new ArrayList<>();
  private @Nullable PromptCache cache;
  private boolean cacheable = true;
  private @Nullable GenerationResult latest;

  private Conversation(TextGenerator generator, GenerationRequest.Builder settings) {
    this.generator = generator;
    this.settings = settings;
  }

  /** A conversation with the settings of the model folder. */
  public static Conversation with(TextGenerator generator) {
    return new Conversation(generator, GenerationRequest.builder());
  }

  /**
   * A conversation with settings of its own.
   *
   * @param settings sets what each turn's request has: tools, documents, config, seed, grammar; messages and prompt cache are this class's
   */
  public static Conversation with(
      TextGenerator generator, UnaryOperator<GenerationRequest.Builder> settings) {
    return new Conversation(generator, settings.apply(GenerationRequest.builder()));
  }

  /** What was said so far. */
  public List<ChatMessage> messages() {
    return Collections.unmodifiableList(new ArrayList<>(messages));
  }

  /** What the latest turn gave, with its timings; null before the first. */
  public @Nullable GenerationResult latest() {
    return latest;
  }

  /** Tells the model how to be, in place of what it was told before; null for nothing. */
  public void system(@Nullable String text) {
    if (!messages.isEmpty() && messages.get(0).role().equals("system")) {
      messages.remove(0);
    }
    if (text != null) {
      messages.add(0, ChatMessage.system(text));
    }
  }

  /** Forgets all that was said but the system message. */
  public void reset() {
    messages.removeIf(message -> !message.role().equals("system"));
  }

  /** Goes on from these messages, in place of what was said. */
  public void restore(List<ChatMessage> said) {
    messages.clear();
    messages.addAll(said);
  }

  /** Says something; gives the answer. */
  public ChatMessage say(String text) {
    return ask(request -> request, ChatMessage.user(text));
  }

  /** Adds messages, the answers of tools for one; gives the answer. */
  public ChatMessage say(ChatMessage... added) {
    return ask(request -> request, added);
  }

  /**
   * Adds messages and lets the model answer.
   *
   * @param turn sets what only this turn's request has: progress, cancellation, a required call of a tool
   * @throws CancelledException if the turn was cancelled; what was said by then is the answer all the same. After any other error the conversation
   *     is as it was
   */
  public ChatMessage ask(UnaryOperator<GenerationRequest.Builder> turn, ChatMessage... added) {
    List<ChatMessage> all = new ArrayList<>(messages);
    all.addAll(Arrays.asList(added));
    // A builder is mutable: each turn gets a copy.
    GenerationRequest.Builder request =
        settings.messages(all).build().toBuilder().promptCache(cache());
    try {
      GenerationResult result = generator.generate(turn.apply(request).build());
      keep(all, result);
      return result.message();
    } catch (CancelledException e) {
      GenerationResult partial = e.partial(GenerationResult.class);
      if (partial != null) {
        keep(all, partial);
      }
      throw e;
    }
  }

  private void keep(List<ChatMessage> all, GenerationResult result) {
    messages.clear();
    messages.addAll(all);
    messages.add(result.message());
    latest = result;
  }

  /** Models without a past read all of it each time. */
  private @Nullable PromptCache cache() {
    if (cache == null && cacheable) {
      try {
        cache = generator.newPromptCache();
      } catch (RequestException e) {
        cacheable = false;
      }
    }
    return cache;
  }

  /** Forgets what the model has read. */
  @Override
  public void close() {
    if (cache != null) {
      cache.close();
      cache = null;
    }
    cacheable = false;
  }
}
