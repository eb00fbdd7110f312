package dev.sampo.text;

import dev.sampo.Progress;
import dev.sampo.error.RequestException;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.Tensor;
import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.samplers.text.constraint.Grammar;
import dev.sampo.samplers.text.draw.TokenDraw;
import dev.sampo.samplers.text.processor.LogitsProcessor;
import dev.sampo.samplers.text.processor.PrefixAllowedTokens;
import dev.sampo.samplers.text.stop.StoppingCriterion;
import dev.sampo.tokenizer.chat.ChatMessage;
import dev.sampo.tokenizer.chat.ChatPrompt;
import dev.sampo.tokenizer.chat.ChatTemplate;
import dev.sampo.tokenizer.chat.ToolDefinition;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What is to be generated: prompts, settings that go over those of the model folder, and whatever takes part. Immutable.
 *
 * <pre>{@code
 * GenerationRequest request =
 *     GenerationRequest.builder()
 *         .prompt("In the beginning")
 *         .config(GenerationConfig.builder().maxNewTokens(40).doSample(true).build())
 *         .seed(7)
 *         .build();
 * }</pre>
 *
 * <p>Long for one accessor and one setter an option.
 */
public final class GenerationRequest {
  private final Builder b;

  private GenerationRequest(Builder builder) {
    this.b = builder;
  }

  public static Builder builder() {
    return new Builder();
  }

  /** A request for one prompt with the settings of the model folder. */
  public static GenerationRequest of(String prompt) {
    return builder().prompt(prompt).build();
  }

  /** A builder that begins with this request. */
  public Builder toBuilder() {
    return b.copy();
  }

  /**
   * A prompt: a text, or ids as they are; one of the two is null.
   *
   * @param text read by the model's tokenizer, special tokens added
   * @param ids special tokens included
   */
  @SuppressWarnings("ArrayRecordComponent")
  public record Prompt(@Nullable String text, int @Nullable [] ids) {
    @Override
    public String toString() {
      return ids == null ? "\"" + text + "\"" : ids.length + " ids";
    }
  }

  /** The prompts, in order; empty where {@link #inputFeatures()} takes their place. */
  public List<Prompt> prompts() {
    return Collections.unmodifiableList(b.prompts);
  }

  /** The conversation that takes the place of prompts; null where there is none. */
  public @Nullable ChatPrompt chat() {
    return b.messages.isEmpty()
        ? null
        : new ChatPrompt(b.messages, b.tools, b.documents, b.templateVariables);
  }

  /** The template that writes the conversation as a text; null for the model's own. */
  public @Nullable ChatTemplate chatTemplate() {
    return b.chatTemplate;
  }

  /** Whether the answer has to be the call of one of the tools. */
  public boolean toolCallRequired() {
    return b.toolCallRequired;
  }

  /** Settings that go over those of the model folder. */
  public GenerationConfig config() {
    return b.config;
  }

  /** Seed of the draws; null for a fresh one. */
  public @Nullable Long seed() {
    return b.seed;
  }

  /** What draws tokens in place of PyTorch's generator. */
  public @Nullable TokenDraw draw() {
    return b.draw;
  }

  /** Processors of the caller's, in order. */
  public List<LogitsProcessor> processors() {
    return Collections.unmodifiableList(b.processors);
  }

  /** Rules of the caller's that end a sequence. */
  public List<StoppingCriterion> stopping() {
    return Collections.unmodifiableList(b.stopping);
  }

  /** With this the generation can be given up. */
  public CancellationToken cancellation() {
    return b.cancellation;
  }

  /** Who hears of each token. */
  public @Nullable Progress<? super TokenStep> progress() {
    return b.progress;
  }

  /** The model that proposes tokens. */
  public @Nullable TextGenerator assistant() {
    return b.assistant;
  }

  /** What guidance leads away from. */
  public @Nullable Prompt negativePrompt() {
    return b.negativePrompt;
  }

  /** What the decoder of an encoder-decoder begins with. */
  public int @Nullable [] decoderIds() {
    return b.decoderIds == null ? null : b.decoderIds.clone();
  }

  /** The function that names the tokens that may come next. */
  public PrefixAllowedTokens.@Nullable AllowedTokens prefixAllowedTokens() {
    return b.prefixAllowedTokens;
  }

  /** What an encoder of audio reads; the caller's. */
  public @Nullable Tensor inputFeatures() {
    return b.inputFeatures;
  }

  /** What the text is restricted to. */
  public @Nullable Grammar grammar() {
    return b.grammar;
  }

  /** The cache that the generation goes on from. */
  public @Nullable PromptCache promptCache() {
    return b.promptCache;
  }

  /** The clock of {@code max_time} and of the timings. */
  public LongSupplier nanoClock() {
    return b.nanoClock;
  }

  /** Whether the log-probability of each token is wanted. */
  public boolean tokenLogProbs() {
    return b.tokenLogProbs;
  }

  /** Whether attention weights are wanted. */
  public boolean attention() {
    return b.attention;
  }

  /** Collects a request. */
  public static final class Builder {
    private final List<Prompt> prompts = new ArrayList<>();
    private final List<LogitsProcessor> processors = new ArrayList<>();
    private final List<StoppingCriterion> stopping = new ArrayList<>();
    private final List<ChatMessage> messages = new ArrayList<>();
    private final List<ToolDefinition> tools = new ArrayList<>();
    private final List<Map<String, ?>> documents = new ArrayList<>();
    private final Map<String, Object> templateVariables = new LinkedHashMap<>();
    private @Nullable ChatTemplate chatTemplate;
    private boolean toolCallRequired;
    private GenerationConfig config = GenerationConfig.defaults();
    private @Nullable Long seed;
    private @Nullable TokenDraw draw;
    private CancellationToken cancellation = CancellationToken.none();
    private @Nullable Progress<? super TokenStep> progress;
    private @Nullable TextGenerator assistant;
    private @Nullable Prompt negativePrompt;
    private int @Nullable [] decoderIds;
    private PrefixAllowedTokens.@Nullable AllowedTokens prefixAllowedTokens;
    private @Nullable PromptCache promptCache;
    private @Nullable Grammar grammar;
    private @Nullable Tensor inputFeatures;
    private LongSupplier nanoClock = System::nanoTime;
    private boolean tokenLogProbs;
    private boolean attention;

    private Builder() {}

    /** Adds a prompt. Several are generated together, as one batch. */
    public Builder prompt(String text) {
      prompts.add(new Prompt(Objects.requireNonNull(text), null));
      return this;
    }

    /** Adds prompts. */
    public Builder prompts(List<String> texts) {
      texts.forEach(this::prompt);
      return this;
    }

    /** Adds a prompt of ids, special tokens included. */
    public Builder promptIds(int... ids) {
      prompts.add(new Prompt(null, ids.clone()));
      return this;
    }

    /**
     * A conversation in the place of prompts: the model's chat template makes the prompt, which ends where the answer begins. Those given before are
     * forgotten. The result has the answer as a message, calls of tools parsed.
     */
    public Builder messages(List<ChatMessage> value) {
      messages.clear();
      messages.addAll(value);
      return this;
    }

    /** {@link #messages(List)}. */
    public Builder messages(ChatMessage... value) {
      return messages(Arrays.asList(value));
    }

    /** What the model may call. */
    public Builder tools(List<ToolDefinition> value) {
      tools.clear();
      tools.addAll(value);
      return this;
    }

    /** What the model may read: maps with {@code title} and {@code text}, or what else its template knows. */
    public Builder documents(List<? extends Map<String, ?>> value) {
      documents.clear();
      documents.addAll(value);
      return this;
    }

    /** A variable for the chat template, such as {@code enable_thinking}. */
    public Builder templateVariable(String name, Object value) {
      templateVariables.put(name, value);
      return this;
    }

    /** Another chat template than the model's own; null for that one. */
    public Builder chatTemplate(@Nullable ChatTemplate value) {
      chatTemplate = value;
      return this;
    }

    /**
     * Restricts the answer to the call of one of the tools, with arguments that its schema allows. For templates whose convention is known: Hermes
     * and Qwen, Llama 3, Mistral.
     */
    public Builder toolCallRequired(boolean value) {
      toolCallRequired = value;
      return this;
    }

    /** Settings that go over those of the model folder. */
    public Builder config(GenerationConfig value) {
      config = Objects.requireNonNull(value);
      return this;
    }

    /** Seed of the draws, as {@code torch.manual_seed}. */
    public Builder seed(long value) {
      seed = value;
      return this;
    }

    /** Seed of the draws, as {@code torch.manual_seed}; null, the default, draws a fresh one, which the result tells. */
    public Builder seed(@Nullable Long value) {
      seed = value;
      return this;
    }

    /** Draws tokens in another way than PyTorch's generator, {@code new FastDraw(seed)} for one. One object serves one request. */
    public Builder draw(@Nullable TokenDraw value) {
      draw = value;
      return this;
    }

    /** Adds a processor; it comes after those of the settings and before the filters of sampling. */
    public Builder processor(LogitsProcessor value) {
      processors.add(Objects.requireNonNull(value));
      return this;
    }

    /** Adds a rule that ends a sequence. */
    public Builder stopping(StoppingCriterion value) {
      stopping.add(Objects.requireNonNull(value));
      return this;
    }

    /** With this the generation can be given up; it then throws, with what is there by then. */
    public Builder cancellation(CancellationToken value) {
      cancellation = Objects.requireNonNull(value);
      return this;
    }

    /** Hears of each token, in the thread that generates. */
    public Builder progress(@Nullable Progress<? super TokenStep> value) {
      progress = value;
      return this;
    }

    /** A smaller model with the same vocabulary that proposes tokens; the result is the same as without it, only sooner. */
    public Builder assistant(@Nullable TextGenerator value) {
      assistant = value;
      return this;
    }

    /** What classifier-free guidance ({@code guidance_scale}) leads away from; without it, the last token of the prompt alone. */
    public Builder negativePrompt(@Nullable String text) {
      negativePrompt = text == null ? null : new Prompt(text, null);
      return this;
    }

    /** What the decoder of an encoder-decoder begins with, instead of its start token. */
    public Builder decoderIds(int... ids) {
      decoderIds = ids.clone();
      return this;
    }

    /** Allows at each step only what the function names. */
    public Builder prefixAllowedTokens(PrefixAllowedTokens.@Nullable AllowedTokens value) {
      prefixAllowedTokens = value;
      return this;
    }

    /** Restricts what is generated to a regular expression, a JSON schema or a grammar. Keep the object: it is made ready once. */
    public Builder grammar(@Nullable Grammar value) {
      grammar = value;
      return this;
    }

    /**
     * What an encoder of audio reads in place of prompts: log-mel frames {@code [prompts, mels, frames]} for Whisper. Stays the caller's. Without
     * {@link #decoderIds} the decoder begins as the settings {@code language}, {@code task} and {@code return_timestamps} say.
     */
    public Builder inputFeatures(@Nullable Tensor value) {
      inputFeatures = value;
      return this;
    }

    /** Goes on from what the cache has read already, and leaves this prompt and its continuation there. */
    public Builder promptCache(@Nullable PromptCache value) {
      promptCache = value;
      return this;
    }

    /** The clock of {@code max_time} and of the timings, {@code System::nanoTime} by default. */
    public Builder nanoClock(LongSupplier value) {
      nanoClock = Objects.requireNonNull(value);
      return this;
    }

    /** Asks for the log-probability of each token. */
    public Builder tokenLogProbs(boolean value) {
      tokenLogProbs = value;
      return this;
    }

    /** Asks for attention weights, where the model gives them. */
    public Builder attention(boolean value) {
      attention = value;
      return this;
    }

    private Builder copy() {
      Builder copy = new Builder();
      copy.prompts.addAll(prompts);
      copy.processors.addAll(processors);
      copy.stopping.addAll(stopping);
      copy.messages.addAll(messages);
      copy.tools.addAll(tools);
      copy.documents.addAll(documents);
      copy.templateVariables.putAll(templateVariables);
      copy.chatTemplate = chatTemplate;
      copy.toolCallRequired = toolCallRequired;
      copy.config = config;
      copy.seed = seed;
      copy.draw = draw;
      copy.cancellation = cancellation;
      copy.progress = progress;
      copy.assistant = assistant;
      copy.negativePrompt = negativePrompt;
      copy.decoderIds = decoderIds;
      copy.prefixAllowedTokens = prefixAllowedTokens;
      copy.promptCache = promptCache;
      copy.grammar = grammar;
      copy.inputFeatures = inputFeatures;
      copy.nanoClock = nanoClock;
      copy.tokenLogProbs = tokenLogProbs;
      copy.attention = attention;
      return copy;
    }

    private void checkChat() {
      if (!messages.isEmpty() && (!prompts.isEmpty() || inputFeatures != null)) {
        throw new RequestException(
            "messages", "Messages take the place of prompts and audio: give one of them.");
      }
      if (messages.isEmpty() && !(tools.isEmpty() && documents.isEmpty())) {
        throw new RequestException(
            tools.isEmpty() ? "documents" : "tools", "Tools and documents need messages.");
      }
      if (toolCallRequired && (tools.isEmpty() || grammar != null)) {
        throw new RequestException(
            "toolCallRequired", "A required call needs tools, and excludes another grammar.");
      }
    }

    /**
     * The request.
     *
     * @throws RequestException if there is no prompt
     */
    public GenerationRequest build() {
      checkChat();
      if (prompts.isEmpty() && messages.isEmpty() && inputFeatures == null) {
        throw new RequestException(
            "prompt", "A request needs a prompt. Use prompt(\"\") to begin from nothing.");
      }
      return new GenerationRequest(copy());
    }
  }

  @Override
  public String toString() {
    return "GenerationRequest of "
        + (b.messages.isEmpty() ? b.prompts : b.messages.size() + " messages")
        + " with "
        + b.config;
  }
}
