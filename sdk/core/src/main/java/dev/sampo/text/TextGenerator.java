package dev.sampo.text;

import dev.sampo.Model;
import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Generates text with a model folder: decoder-only and encoder-decoder Transformers, recurrent language models and attention seq2seq models.
 *
 * <pre>{@code
 * try (TextGenerator generator = TextGenerator.open(Paths.get("scripture-gpt"))) {
 *   System.out.println(generator.generate("In the beginning").text());
 * }
 * }</pre>
 *
 * <p>Settings come from {@code generation_config.json} of the folder; those of a {@link GenerationRequest} go over them. A seed gives the
 * ids that transformers gives on PyTorch's CPU generator.
 *
 * <p>Any number of threads may generate at the same time. {@link #close()} ends generations under way with a
 * {@link dev.sampo.error.ClosedException}.
 */
public non-sealed interface TextGenerator extends Model {
  /** Opens a model folder with the default session settings; see {@link #open(Path, SessionConfig)}. */
  static TextGenerator open(Path folder) {
    return open(folder, SessionConfig.defaults());
  }

  /**
   * Opens a model folder, or an {@code .onnx} file of one.
   *
   * @throws dev.sampo.error.ModelException if the folder or a file of it is missing, differs from its spec or is no text model; it names the file
   */
  static TextGenerator open(Path folder, SessionConfig session) {
    long begin = System.nanoTime();
    return LoadedTextGenerator.open(ModelFolder.open(folder), session, begin);
  }

  /**
   * Opens a model folder that was located before, with a variant of the graphs for one ({@code ModelFolder.open(path, "fp16")}).
   *
   * @throws dev.sampo.error.ModelException if it is no text model, or a file of it is at fault
   */
  static TextGenerator open(ModelFolder folder, SessionConfig session) {
    return LoadedTextGenerator.open(folder, session, System.nanoTime());
  }

  /** The settings of the model folder. */
  GenerationConfig generationConfig();

  /** Size of the vocabulary. */
  int vocabularySize();

  /** Whether prompts go to an encoder. */
  boolean isEncoderDecoder();

  /** How long opening took. */
  double loadMillis();

  /**
   * Ids of a prompt, with the special tokens that the model wants.
   *
   * @throws dev.sampo.error.RequestException if the folder has no tokenizer, or the text has what the model has no token for
   */
  int[] encode(String text);

  /**
   * Text of generated ids, without special tokens.
   *
   * @throws dev.sampo.error.RequestException if the folder has no tokenizer
   */
  String decode(int... ids);

  /** The tokenizer of the model; null if it has none, or is no model of this library. */
  default @Nullable Tokenizer tokenizer() {
    return null;
  }

  /** Continues one prompt with the settings of the folder. */
  default GenerationResult generate(String prompt) {
    return generate(GenerationRequest.of(prompt));
  }

  /**
   * Generates.
   *
   * @throws dev.sampo.error.RequestException if options contradict each other or do not go with the model
   * @throws dev.sampo.error.CancelledException if the request's token was cancelled; its {@code partial(GenerationResult.class)} has what is there by
   *     then, and its sequences say which of them were given up
   * @throws dev.sampo.error.ClosedException if this was closed, also meanwhile
   */
  GenerationResult generate(GenerationRequest request);

  /** {@link #generate(GenerationRequest)} in another thread. Cancel with the request's token: cancelling the future does not stop it. */
  default CompletableFuture<GenerationResult> generateAsync(
      GenerationRequest request, Executor executor) {
    return CompletableFuture.supplyAsync(() -> generate(request), executor);
  }

  /**
   * Generates in a thread of its own, piece by piece. A cancellation token of the request ends it too, and closing the stream cancels that token.
   * Without beams; of several sequences the first is streamed.
   *
   * @throws dev.sampo.error.RequestException if the settings ask for beams
   */
  TextStream stream(GenerationRequest request);

  /**
   * An empty prompt cache for one conversation.
   *
   * @throws dev.sampo.error.RequestException if the model is not a decoder-only Transformer with a past
   */
  PromptCache newPromptCache();

  /**
   * The log-probability of each id of a text after the first, given those before it.
   *
   * @throws dev.sampo.error.RequestException if the model is an encoder-decoder: use {@link #score(int[], int[])}
   */
  TextScore score(int... ids);

  /** The log-probability of each id of a text after the first. */
  default TextScore score(String text) {
    return score(encode(text));
  }

  /**
   * The log-probability of each token of a target text given the source text and what comes before it, for encoder-decoders.
   *
   * @throws dev.sampo.error.RequestException if the folder has no tokenizer
   */
  TextScore score(String source, String target);

  /**
   * The log-probability of each label given the source and the labels before it.
   *
   * @param source ids for the encoder
   * @param labels ids of the target, without the start id
   */
  TextScore score(int[] source, int[] labels);
}
