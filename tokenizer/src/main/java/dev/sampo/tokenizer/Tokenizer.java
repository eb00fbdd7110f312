package dev.sampo.tokenizer;

import dev.sampo.error.ModelException;
import dev.sampo.tokenizer.chat.ChatTemplate;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Text to token ids and back: the one type for it, whatever a model's folder holds. {@link #fromFolder} gives Hugging Face's
 * tokenizers, exactly as they are in Python, and the vocabularies that a {@code sampo.json} lists. Immutable and
 * thread-safe: one tokenizer serves any number of threads.
 *
 * <pre>{@code
 * Tokenizer tokenizer = Tokenizer.fromFile(Paths.get("gpt2/tokenizer.json"));
 * int[] ids = tokenizer.encode("Hello, world!").ids(); // 15496, 11, 995, 0
 * String text = tokenizer.decode(ids);                 // "Hello, world!"
 * }</pre>
 *
 * <p>Applications may implement it for tokenizers of their own.
 */
public interface Tokenizer {
  /**
   * Reads a {@code tokenizer.json}, and the {@code tokenizer_config.json}, {@code special_tokens_map.json} and chat templates
   * beside it if they are there.
   *
   * @throws ModelException if a file cannot be read or is malformed; it has the path, and the message names the place within
   *     the JSON
   */
  static Tokenizer fromFile(Path tokenizerJson) {
    return TokenizerReader.file(tokenizerJson);
  }

  /**
   * Reads the tokenizer of a model folder: the vocabulary that {@code sampo.json} or {@code config.json} lists ({@code vocab},
   * or {@code source_vocab} and {@code target_vocab}), else {@code tokenizer.json}, else {@code vocab.json} with {@code
   * merges.txt}, else {@code vocab.txt}, else a SentencePiece {@code .model}.
   *
   * @throws ModelException if there is none, or it is malformed
   */
  static Tokenizer fromFolder(Path folder) {
    Tokenizer found = TokenizerReader.folder(folder);
    if (found == null) {
      throw new ModelException(
          folder,
          "No tokenizer in "
              + folder
              + ": it has no tokenizer.json, no vocab.json with merges.txt, no vocab.txt, no"
              + " SentencePiece .model and no sampo.json with a vocabulary");
    }
    return found;
  }

  /**
   * Like {@link #fromFolder}, for folders that may have no tokenizer.
   *
   * @return null if there is none
   * @throws ModelException if there is one, but malformed
   */
  static @Nullable Tokenizer findIn(Path folder) {
    return TokenizerReader.folder(folder);
  }

  /**
   * Reads a {@code tokenizer.json} from a stream, without any file beside it. The stream stays open.
   *
   * @throws TokenizerException if it is malformed
   */
  static Tokenizer fromStream(InputStream in) {
    return TokenizerReader.stream(in, TokenizerConfig.EMPTY);
  }

  // ---- text to ids

  /**
   * Encodes one input: a text or a pair, as it is or cut into words before.
   *
   * @throws TokenizerException if the text has a lone surrogate, or a part that the model has no token for
   * @throws IllegalArgumentException if the truncation in force cannot be met
   */
  Encoding encode(Input input, boolean addSpecialTokens);

  /** Encodes one text, special tokens added. */
  default Encoding encode(String text) {
    return encode(Input.text(text), true);
  }

  /** Encodes one text. */
  default Encoding encode(String text, boolean addSpecialTokens) {
    return encode(Input.text(text), addSpecialTokens);
  }

  /** Encodes two texts. */
  default Encoding encode(String text, String pair, boolean addSpecialTokens) {
    return encode(Input.pair(text, pair), addSpecialTokens);
  }

  /** Encodes several inputs; all are padded to the same length if padding is set. */
  List<Encoding> encodeBatch(List<Input> inputs, boolean addSpecialTokens);

  /**
   * The ids of {@code text} and nothing else: the fast way. No truncation, no padding.
   *
   * @param addSpecialTokens whether the special tokens that the model wants around a text are added
   */
  int[] encodeToIds(String text, boolean addSpecialTokens);

  /** The ids of {@code text} with the special tokens that the model wants around it. No truncation, no padding. */
  default int[] encodeToIds(String text) {
    return encodeToIds(text, true);
  }

  // ---- ids to text

  /** The text of {@code ids}; ids that the vocabulary lacks are left out, special tokens too if asked for. */
  String decode(int[] ids, boolean skipSpecialTokens);

  /** The text of {@code ids} without special tokens. */
  default String decode(int[] ids) {
    return decode(ids, true);
  }

  /** The texts of several sequences of ids. */
  default List<String> decodeBatch(List<int[]> batch, boolean skipSpecialTokens) {
    List<String> texts = new ArrayList<>(batch.size());
    for (int[] ids : batch) {
      texts.add(decode(ids, skipSpecialTokens));
    }
    return Collections.unmodifiableList(texts);
  }

  /** A decoder that takes ids one by one and gives the text that is final. */
  default StreamingDecoder newStreamingDecoder(boolean skipSpecialTokens) {
    return new StreamingDecoder(this, skipSpecialTokens);
  }

  /**
   * The UTF-8 bytes that {@code id} adds to a text that is already under way: what constrained generation and stop texts have to
   * look at. May be a part of a character. Empty for an id that the vocabulary lacks. The caller may keep the array and does
   * not change it.
   */
  byte[] tokenBytes(int id);

  /** Whether decoding takes away the space before the first word, which {@link #tokenBytes} has. */
  boolean stripsFirstSpace();

  // ---- the vocabulary

  /** How many tokens there are, added ones included. */
  int vocabularySize();

  /** The id of {@code token}, or -1. */
  int tokenToId(String token);

  /** The token of {@code id} as the vocabulary spells it, or null. */
  @Nullable String idToToken(int id);

  /** Whether {@code id} is a special token: one that is left out when decoding without them. */
  boolean isSpecial(int id);

  /** The added tokens, by id. */
  default List<AddedToken> addedTokens() {
    return Collections.emptyList();
  }

  /** The id of the beginning-of-sequence token, or -1 if none is named. */
  default int bosTokenId() {
    return specialTokenId("bos_token");
  }

  /** The id of the end-of-sequence token, or -1 if none is named. */
  default int eosTokenId() {
    return specialTokenId("eos_token");
  }

  /** The id of the padding token, or -1 if none is named. */
  default int padTokenId() {
    return specialTokenId("pad_token");
  }

  /** The id of the unknown token, or -1 if none is named. */
  default int unkTokenId() {
    return specialTokenId("unk_token");
  }

  /** The id of the token with a role ({@code bos_token}, {@code mask_token}, {@code image_token}, ...), or -1. */
  default int specialTokenId(String role) {
    String token = config().specialToken(role);
    return token == null ? -1 : tokenToId(token);
  }

  // ---- settings

  /** What {@code tokenizer_config.json} says: names of special tokens, chat templates, limits. */
  default TokenizerConfig config() {
    return TokenizerConfig.EMPTY;
  }

  /**
   * The usual chat template of the model, or null if it has none.
   *
   * @throws dev.sampo.tokenizer.chat.ChatTemplateException if it is no valid template
   */
  default @Nullable ChatTemplate chatTemplate() {
    return config().chatTemplate() == null ? null : ChatTemplate.of(this);
  }

  /** The tokenizer of what the model writes, where it has another vocabulary than what it reads; else this one. */
  default Tokenizer target() {
    return this;
  }

  /** The truncation in force, or null. */
  @Nullable Truncation truncation();

  /** The padding in force, or null. */
  @Nullable Padding padding();

  /** The same tokenizer with another truncation; null for none. */
  Tokenizer withTruncation(@Nullable Truncation truncation);

  /** The same tokenizer with another padding; null for none. */
  Tokenizer withPadding(@Nullable Padding padding);
}
