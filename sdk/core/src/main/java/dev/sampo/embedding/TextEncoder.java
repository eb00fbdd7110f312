package dev.sampo.embedding;

import dev.sampo.Model;
import dev.sampo.model.ModelFolder;
import dev.sampo.runtime.SessionConfig;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Vectors of texts with an encoder: BERT, RoBERTa, MiniLM and the like, and decoder-shaped embedders such as Qwen3-Embedding. Pooling,
 * dense layers, normalisation, prompts and the maximal length are what the folder's sentence-transformers files say ({@code
 * modules.json}, up to version 6); without them the mean of the token vectors, as it is.
 *
 * <pre>{@code
 * try (TextEncoder encoder = TextEncoder.open(folder)) {
 *   double similarity = Vectors.cosine(encoder.embed("a cat"), encoder.embed("a kitten"));
 * }
 * }</pre>
 *
 * <p>Texts are read in batches of similar length, which changes a vector by no more than rounding. Graphs that quantise their
 * activations as they run (dynamic int8) take one scale for a whole batch, so that texts of a batch would change one another: those are
 * read one text at a time, and a vector never depends on its neighbours.
 */
public non-sealed interface TextEncoder extends Model {
  /**
   * Opens a folder with default settings.
   *
   * @throws dev.sampo.error.ModelException when it holds no encoder or its files do not fit; the message says what differs
   */
  static TextEncoder open(Path folder) {
    return open(folder, SessionConfig.defaults());
  }

  /** Opens a folder with settings of its sessions. */
  static TextEncoder open(Path folder, SessionConfig config) {
    return open(ModelFolder.open(folder), config);
  }

  /** Loads the graphs of an opened folder. */
  static TextEncoder open(ModelFolder folder, SessionConfig config) {
    return OnnxTextEncoder.open(folder, config);
  }

  /**
   * What the folder says.
   *
   * @param pooling how token vectors become one; several are joined one after the other
   * @param normalise whether vectors are scaled to length 1
   * @param maxLength most tokens of a text, special ones included; longer texts are cut
   * @param prompts what is put before texts, by name
   * @param defaultPrompt name of the prompt that is used where a request names none, or null
   * @param includePrompt whether tokens of the prompt count when token vectors are pooled
   * @param truncateDim how many components of a vector are kept, or null for all
   */
  record Settings(
      List<Pooling> pooling,
      boolean normalise,
      int maxLength,
      Map<String, String> prompts,
      @Nullable String defaultPrompt,
      boolean includePrompt,
      @Nullable Integer truncateDim) {}

  /** What the folder says. */
  Settings settings();

  /**
   * The vectors of texts. Progress counts texts.
   *
   * @throws dev.sampo.error.RequestException when the request does not go with the model
   * @throws dev.sampo.error.CancelledException when cancelled
   */
  EmbeddingResult embed(EmbeddingRequest request);

  /** The vectors of texts, as the folder wants them pooled and normalised. */
  default List<float[]> embed(List<String> texts) {
    return embed(EmbeddingRequest.builder(texts).build()).vectors();
  }

  /** The vector of a text. */
  default float[] embed(String text) {
    return embed(Collections.singletonList(text)).get(0);
  }

  /** The cosine of two texts' vectors, from -1 to 1. */
  default double similarity(String a, String b) {
    List<float[]> both = embed(Arrays.asList(a, b));
    return Vectors.cosine(both.get(0), both.get(1));
  }
}
