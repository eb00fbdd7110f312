package dev.sampo.text;

import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.Tensor;
import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.samplers.text.constraint.Grammar;
import dev.sampo.samplers.text.draw.TokenDraw;
import dev.sampo.samplers.text.processor.LogitsProcessor;
import dev.sampo.samplers.text.processor.PrefixAllowedTokens;
import dev.sampo.samplers.text.stop.StoppingCriterion;
import dev.sampo.sound.LogMelFeatures;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What is to be generated: prompts, settings that go over those of the model folder, and whatever takes part.
 *
 * <pre>{@code
 * GenerationRequest request =
 *     GenerationRequest.builder()
 *         .prompt("In the beginning")
 *         .config(GenerationConfig.builder().maxNewTokens(40).doSample(true).build())
 *         .seed(7)
 *         .build();
 * }</pre>
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

  /** A prompt: a text, or ids as they are. */
  record Prompt(@Nullable String text, int @Nullable [] ids) {}

  List<Prompt> prompts() {
    return b.prompts;
  }

  GenerationConfig config() {
    return b.config;
  }

  @Nullable Long seed() {
    return b.seed;
  }

  @Nullable TokenDraw draw() {
    return b.draw;
  }

  List<LogitsProcessor> processors() {
    return b.processors;
  }

  List<StoppingCriterion> stopping() {
    return b.stopping;
  }

  CancellationToken cancellation() {
    return b.cancellation;
  }

  @Nullable TokenListener listener() {
    return b.listener;
  }

  @Nullable TextGenerator assistant() {
    return b.assistant;
  }

  @Nullable Prompt negativePrompt() {
    return b.negativePrompt;
  }

  int @Nullable [] decoderIds() {
    return b.decoderIds;
  }

  @Nullable PrefixAllowedTokens prefixAllowedTokens() {
    return b.prefixAllowedTokens;
  }

  @Nullable Tensor inputFeatures() {
    return b.inputFeatures;
  }

  @Nullable Grammar grammar() {
    return b.grammar;
  }

  @Nullable PromptCache promptCache() {
    return b.promptCache;
  }

  LongSupplier nanoClock() {
    return b.nanoClock;
  }

  boolean tokenLogProbs() {
    return b.tokenLogProbs;
  }

  boolean attention() {
    return b.attention;
  }

  /** Collects a request. */
  public static final class Builder {
    private final List<Prompt> prompts = new ArrayList<>();
    private final List<LogitsProcessor> processors = new ArrayList<>();
    private final List<StoppingCriterion> stopping = new ArrayList<>();
    private GenerationConfig config = GenerationConfig.defaults();
    private @Nullable Long seed;
    private @Nullable TokenDraw draw;
    private CancellationToken cancellation = CancellationToken.none();
    private @Nullable TokenListener listener;
    private @Nullable TextGenerator assistant;
    private @Nullable Prompt negativePrompt;
    private int @Nullable [] decoderIds;
    private @Nullable PrefixAllowedTokens prefixAllowedTokens;
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

    /** Settings that go over those of the model folder. */
    public Builder config(GenerationConfig value) {
      config = value;
      return this;
    }

    /** Seed of the draws, as {@code torch.manual_seed}; without one a fresh one is taken and told in the result. */
    public Builder seed(long value) {
      seed = value;
      return this;
    }

    /** Draws tokens in another way than PyTorch's generator, {@code new FastDraw(seed)} for one. One object serves one request. */
    public Builder draw(TokenDraw value) {
      draw = value;
      return this;
    }

    /** Adds a processor; it comes after those of the settings and before the filters of sampling. */
    public Builder processor(LogitsProcessor value) {
      processors.add(value);
      return this;
    }

    /** Adds a rule that ends a sequence. */
    public Builder stopping(StoppingCriterion value) {
      stopping.add(value);
      return this;
    }

    /** With this the generation can be given up; what is there by then is returned. */
    public Builder cancellation(CancellationToken value) {
      cancellation = value;
      return this;
    }

    /** Hears of each token. */
    public Builder listener(TokenListener value) {
      listener = value;
      return this;
    }

    /** A smaller model with the same vocabulary that proposes tokens; the result is the same as without it, only sooner. */
    public Builder assistant(TextGenerator value) {
      assistant = value;
      return this;
    }

    /** What classifier-free guidance ({@code guidance_scale}) leads away from; without it, the last token of the prompt alone. */
    public Builder negativePrompt(String text) {
      negativePrompt = new Prompt(text, null);
      return this;
    }

    /** What the decoder of an encoder-decoder begins with, instead of its start token. */
    public Builder decoderIds(int... ids) {
      decoderIds = ids.clone();
      return this;
    }

    /** Allows at each step only what the function names. */
    public Builder prefixAllowedTokens(PrefixAllowedTokens.AllowedTokens value) {
      prefixAllowedTokens = new PrefixAllowedTokens(value);
      return this;
    }

    /** Restricts what is generated to a regular expression, a JSON schema or a grammar. Keep the object: it is made ready once. */
    public Builder grammar(Grammar value) {
      grammar = value;
      return this;
    }

    /**
     * What an encoder of audio reads in place of prompts, log-mel frames {@code [prompts, mels, frames]} for Whisper, see {@link LogMelFeatures}. Stays the
     * caller's. Without {@link #decoderIds} the decoder begins as the settings {@code language}, {@code task} and {@code return_timestamps} say.
     */
    public Builder inputFeatures(Tensor value) {
      inputFeatures = value;
      return this;
    }

    /** Goes on from what the cache has read already, and leaves this prompt and its continuation there. */
    public Builder promptCache(PromptCache value) {
      promptCache = value;
      return this;
    }

    /** The clock of {@code max_time} and of the timing, {@code System::nanoTime} by default. */
    public Builder nanoClock(LongSupplier value) {
      nanoClock = value;
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
      copy.config = config;
      copy.seed = seed;
      copy.draw = draw;
      copy.cancellation = cancellation;
      copy.listener = listener;
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

    /**
     * The request.
     *
     * @throws IllegalArgumentException if there is no prompt
     */
    public GenerationRequest build() {
      if (prompts.isEmpty() && inputFeatures == null) {
        throw new IllegalArgumentException(
            "A request needs a prompt. Use prompt(\"\") to begin from nothing.");
      }
      return new GenerationRequest(copy());
    }
  }

  @Override
  public String toString() {
    return "GenerationRequest of " + Collections.unmodifiableList(b.prompts) + " with " + b.config;
  }
}
