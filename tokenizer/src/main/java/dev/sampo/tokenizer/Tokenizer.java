package dev.sampo.tokenizer;

import dev.sampo.tokenizer.decoder.Decoder;
import dev.sampo.tokenizer.decoder.Decoders;
import dev.sampo.tokenizer.decoder.FastDecoder;
import dev.sampo.tokenizer.model.Model;
import dev.sampo.tokenizer.model.TokenSink;
import dev.sampo.tokenizer.postprocessor.EncodingDraft;
import dev.sampo.tokenizer.postprocessor.PostProcessor;
import dev.sampo.tokenizer.pretokenizer.PreTokenizer;
import dev.sampo.tokenizer.text.AlignedText;
import dev.sampo.tokenizer.text.Splits;
import dev.sampo.tokenizer.text.Utf8;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Text to token ids and back, exactly as Hugging Face's tokenizers does it from a {@code tokenizer.json}. Immutable and
 * thread-safe, without locks: one tokenizer serves any number of threads.
 *
 * <pre>{@code
 * Tokenizer tokenizer = Tokenizer.fromFile(Paths.get("gpt2/tokenizer.json"));
 * int[] ids = tokenizer.encode("Hello, world!").ids(); // 15496, 11, 995, 0
 * String text = tokenizer.decode(ids, true);           // "Hello, world!"
 * }</pre>
 */
public final class Tokenizer {
  private static final int POOL = 32;

  private final Parts parts;
  private final AddedVocabulary added;
  private final @Nullable Truncation truncation;
  private final @Nullable Padding padding;
  private final TokenizerConfig config;
  private final AtomicReferenceArray<@Nullable Scratch> pool;

  /** The components of a tokenizer, as read from a file. */
  record Parts(
      Model model,
      @Nullable PreTokenizer preTokenizer,
      @Nullable PostProcessor postProcessor,
      @Nullable Decoder decoder,
      @Nullable FastDecoder fastDecoder,
      @Nullable Truncation truncation,
      @Nullable Padding padding) {}

  /** Buffers of one encoding at a time. */
  private static final class Scratch {
    final Model.Run run;
    final TokenSink sink = new TokenSink();

    Scratch(Model.Run run) {
      this.run = run;
    }
  }

  Tokenizer(Parts parts, AddedVocabulary added, TokenizerConfig config) {
    this(
        parts,
        added,
        parts.truncation(),
        parts.padding(),
        config,
        new AtomicReferenceArray<>(POOL));
  }

  private Tokenizer(
      Parts parts,
      AddedVocabulary added,
      @Nullable Truncation truncation,
      @Nullable Padding padding,
      TokenizerConfig config,
      AtomicReferenceArray<@Nullable Scratch> pool) {
    this.parts = parts;
    this.added = added;
    this.truncation = truncation;
    this.padding = padding;
    this.config = config;
    this.pool = pool;
  }

  /**
   * Reads a {@code tokenizer.json}, and the {@code tokenizer_config.json} and {@code special_tokens_map.json} beside it if
   * they are there.
   *
   * @throws TokenizerException if it is malformed; the message names the path within the JSON
   */
  public static Tokenizer fromFile(Path tokenizerJson) {
    return TokenizerReader.file(tokenizerJson);
  }

  /**
   * Reads the tokenizer of a model folder: {@code tokenizer.json}, else {@code vocab.json} with {@code merges.txt}, else
   * {@code vocab.txt}, else a SentencePiece {@code .model}.
   *
   * @throws TokenizerException if there is none, or it is malformed
   */
  public static Tokenizer fromFolder(Path folder) {
    return TokenizerReader.folder(folder);
  }

  /** Reads a {@code tokenizer.json} from a stream, without any file beside it. The stream stays open. */
  public static Tokenizer fromStream(InputStream in) {
    return TokenizerReader.stream(in, TokenizerConfig.EMPTY);
  }

  /** The same tokenizer with another truncation; null for none. */
  public Tokenizer withTruncation(@Nullable Truncation newTruncation) {
    if (newTruncation != null && parts.postProcessor() != null) {
      int room = newTruncation.maxLength() - parts.postProcessor().addedTokens(false);
      if (room >= 0 && room < newTruncation.stride()) {
        throw new IllegalArgumentException(
            "Truncation stride "
                + newTruncation.stride()
                + " is not smaller than the "
                + room
                + " tokens that special tokens leave of max_length "
                + newTruncation.maxLength());
      }
    }
    return new Tokenizer(parts, added, newTruncation, padding, config, pool);
  }

  /** The same tokenizer with another padding; null for none. */
  public Tokenizer withPadding(@Nullable Padding newPadding) {
    return new Tokenizer(parts, added, truncation, newPadding, config, pool);
  }

  /** The truncation in force, or null. */
  public @Nullable Truncation truncation() {
    return truncation;
  }

  /** The padding in force, or null. */
  public @Nullable Padding padding() {
    return padding;
  }

  /** Encodes one text, special tokens added. */
  public Encoding encode(String text) {
    return encode(Input.text(text), true);
  }

  /** Encodes one text. */
  public Encoding encode(String text, boolean addSpecialTokens) {
    return encode(Input.text(text), addSpecialTokens);
  }

  /** Encodes two texts. */
  public Encoding encode(String text, String pair, boolean addSpecialTokens) {
    return encode(Input.pair(text, pair), addSpecialTokens);
  }

  /**
   * Encodes one input.
   *
   * @throws TokenizerException if the text has a lone surrogate, or the model has no token for a part of it
   * @throws IllegalArgumentException if the truncation in force cannot be met
   */
  public Encoding encode(Input input, boolean addSpecialTokens) {
    EncodingDraft draft = process(input, addSpecialTokens);
    if (padding != null) {
      draft = pad(draft, padding, draft.length());
    }
    return new Encoding(draft);
  }

  /** Encodes several inputs, on several cores; all are padded to the same length if padding is set. */
  public List<Encoding> encodeBatch(List<Input> inputs, boolean addSpecialTokens) {
    EncodingDraft[] drafts = new EncodingDraft[inputs.size()];
    IntStream all = IntStream.range(0, drafts.length);
    if (drafts.length > 1) {
      all = all.parallel();
    }
    all.forEach(i -> drafts[i] = process(inputs.get(i), addSpecialTokens));
    int longest = 0;
    for (EncodingDraft draft : drafts) {
      longest = Math.max(longest, draft.length());
    }
    List<Encoding> out = new ArrayList<>(drafts.length);
    for (EncodingDraft draft : drafts) {
      out.add(new Encoding(padding == null ? draft : pad(draft, padding, longest)));
    }
    return Collections.unmodifiableList(out);
  }

  /**
   * The ids of {@code text} and nothing else: the fast way. No truncation, no padding.
   *
   * @param addSpecialTokens whether the post-processor may add tokens
   */
  public int[] encodeToIds(String text, boolean addSpecialTokens) {
    PostProcessor post = parts.postProcessor();
    if (post != null && !post.keepsIds(addSpecialTokens)) {
      List<EncodingDraft> one = new ArrayList<>();
      one.add(encodeText(text, 0, -1));
      return EncodingDraft.concat(post.process(one, addSpecialTokens), one.get(0)).ids();
    }
    Scratch scratch = take();
    try {
      tokenize(checked(text), scratch);
      return scratch.sink.ids().toArray();
    } finally {
      giveBack(scratch);
    }
  }

  private EncodingDraft process(Input input, boolean addSpecialTokens) {
    EncodingDraft first = encodeAll(input.first, 0, input.words);
    EncodingDraft second = input.second == null ? null : encodeAll(input.second, 1, input.words);
    PostProcessor post = parts.postProcessor();
    if (truncation != null) {
      int addedTokens = addSpecialTokens && post != null ? post.addedTokens(second != null) : 0;
      List<EncodingDraft> cut = Truncator.truncate(first, second, truncation, addedTokens);
      first = cut.get(0);
      second = second == null ? null : cut.get(1);
    }
    if (post == null && second == null) {
      return first;
    }
    List<EncodingDraft> drafts = new ArrayList<>();
    drafts.add(first);
    if (second != null) {
      drafts.add(second);
    }
    for (int i = 0; i < drafts.size(); i++) {
      drafts.get(i).setSequence(i);
      for (EncodingDraft o : drafts.get(i).overflowing()) {
        if (post != null) {
          o.setSequence(i);
        }
      }
    }
    return EncodingDraft.concat(
        post == null ? drafts : post.process(drafts, addSpecialTokens), first);
  }

  private static EncodingDraft pad(EncodingDraft draft, Padding p, int longest) {
    int target = p.length() != null ? p.length() : longest;
    if (p.multipleOf() > 0 && target % p.multipleOf() > 0) {
      target += p.multipleOf() - target % p.multipleOf();
    }
    return draft.pad(target, p.padId(), p.padTypeId(), p.padToken(), p.left());
  }

  private EncodingDraft encodeAll(List<String> texts, int typeId, boolean words) {
    if (!words) {
      return encodeText(texts.get(0), typeId, -1);
    }
    List<EncodingDraft> drafts = new ArrayList<>();
    for (int i = 0; i < texts.size(); i++) {
      drafts.add(encodeText(texts.get(i), typeId, i));
    }
    return drafts.isEmpty()
        ? encodeText("", typeId, -1)
        : EncodingDraft.concat(drafts, drafts.get(0));
  }

  private Scratch take() {
    int slot = (int) Thread.currentThread().getId() & (POOL - 1);
    Scratch scratch = pool.getAndSet(slot, null);
    return scratch != null ? scratch : new Scratch(parts.model().start());
  }

  private void giveBack(Scratch scratch) {
    scratch.sink.clear();
    pool.lazySet((int) Thread.currentThread().getId() & (POOL - 1), scratch);
  }

  /** A lone surrogate is not a character: Rust's strings cannot hold one, and neither can a token. */
  private static String checked(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (!Character.isSurrogate(c)) {
        continue;
      }
      if (Character.isHighSurrogate(c)
          && i + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        i++;
      } else {
        throw new TokenizerException(
            "The text has a lone surrogate, U+" + Integer.toHexString(c) + ", at index " + i);
      }
    }
    return text;
  }

  /** Normalizes, cuts and tokenizes; the tokens are left in the scratch. */
  private Splits tokenize(String text, Scratch scratch) {
    Splits splits = added.extract(text);
    if (parts.preTokenizer() != null) {
      parts.preTokenizer().preTokenize(splits);
    }
    boolean bytes = splits.isByteLevel();
    if (bytes && !parts.model().takesBytes()) {
      splits.writeOutByteLevel();
      bytes = false;
    }
    char[] chars = splits.text().chars();
    TokenSink sink = scratch.sink;
    Model.Run run = scratch.run;
    int n = splits.size();
    for (int i = 0; i < n; i++) {
      int token = splits.tokenId(i);
      if (token < 0) {
        run.tokenize(chars, splits.from(i), splits.to(i), bytes, sink);
      } else {
        addToken(token, chars, splits.from(i), splits.to(i), sink);
      }
    }
    return splits;
  }

  private void addToken(int id, char[] chars, int from, int to, TokenSink sink) {
    String surface = new String(chars, from, to - from);
    if (surface.equals(idToToken(id))) {
      sink.add(id, from, to);
    } else {
      sink.add(id, from, to, surface);
    }
  }

  private EncodingDraft encodeText(String text, int typeId, int word) {
    checked(text);
    Scratch scratch = take();
    try {
      Splits splits = tokenize(text, scratch);
      TokenSink sink = scratch.sink;
      int n = sink.size();
      int[] starts = new int[n];
      int[] ends = new int[n];
      int[] words = new int[n];
      locate(splits, sink, starts, ends, words, word);
      int[] codePoints = codePointIndex(text);
      int[] cpStarts = codePoints == null ? starts : mapped(starts, codePoints);
      int[] cpEnds = codePoints == null ? ends : mapped(ends, codePoints);
      String[] surfaces = null;
      if (sink.surfaces() != null) {
        surfaces = new String[n];
        for (Map.Entry<Integer, String> e : sink.surfaces().entrySet()) {
          surfaces[e.getKey()] = e.getValue();
        }
      }
      return new EncodingDraft(
          sink.ids().toArray(),
          typeId,
          words,
          starts,
          ends,
          cpStarts,
          cpEnds,
          surfaces,
          this::idToToken);
    } finally {
      giveBack(scratch);
    }
  }

  /** Offsets of each token in the original text, and the piece that it is from. */
  private static void locate(
      Splits splits, TokenSink sink, int[] starts, int[] ends, int[] words, int word) {
    AlignedText aligned = splits.text();
    int piece = 0;
    int pieces = splits.size();
    for (int t = 0; t < starts.length; t++) {
      int s = sink.starts().get(t);
      int e = sink.ends().get(t);
      while (piece + 1 < pieces
          && (s >= splits.to(piece) || e > splits.to(piece))
          && s >= splits.from(piece + 1)) {
        piece++;
      }
      if (s < e) {
        starts[t] = aligned.start(s);
        ends[t] = aligned.end(e - 1);
      } else {
        starts[t] = s == 0 ? 0 : aligned.end(s - 1);
        ends[t] = starts[t];
      }
      words[t] = word >= 0 ? word : piece;
    }
  }

  /** For each UTF-16 index how many code points are before it; null if that is the index itself. */
  private static int @Nullable [] codePointIndex(String text) {
    int n = text.length();
    int i = 0;
    while (i < n && !Character.isSurrogate(text.charAt(i))) {
      i++;
    }
    if (i == n) {
      return null;
    }
    int[] index = new int[n + 1];
    int count = 0;
    for (int k = 0; k < n; k++) {
      index[k] = count;
      if (!Character.isHighSurrogate(text.charAt(k))) {
        count++;
      }
    }
    index[n] = count;
    return index;
  }

  private static int[] mapped(int[] offsets, int[] index) {
    int[] out = new int[offsets.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = index[offsets[i]];
    }
    return out;
  }

  /** The text of {@code ids}; ids that the vocabulary lacks are left out, special tokens too if asked for. */
  public String decode(int[] ids, boolean skipSpecialTokens) {
    return decode(ids, ids.length, skipSpecialTokens);
  }

  /** The text of the first {@code count} of {@code ids}. */
  String decode(int[] ids, int count, boolean skipSpecialTokens) {
    if (parts.fastDecoder() != null) {
      return parts.fastDecoder().decode(ids, count, skipSpecialTokens);
    }
    List<String> tokens = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      String token = idToToken(ids[i]);
      if (token != null && !(skipSpecialTokens && added.isSpecial(token))) {
        tokens.add(token);
      }
    }
    return parts.decoder() == null
        ? String.join(" ", tokens)
        : String.join("", parts.decoder().decode(tokens));
  }

  /** The texts of several sequences of ids, on several cores. */
  public List<String> decodeBatch(List<int[]> batch, boolean skipSpecialTokens) {
    String[] out = new String[batch.size()];
    IntStream.range(0, out.length)
        .parallel()
        .forEach(i -> out[i] = decode(batch.get(i), skipSpecialTokens));
    return Collections.unmodifiableList(Arrays.asList(out));
  }

  /** A decoder that takes ids one by one and gives the text that is final. */
  public StreamingDecoder newStreamingDecoder(boolean skipSpecialTokens) {
    return new StreamingDecoder(this, skipSpecialTokens);
  }

  /** The id of {@code token}, or -1. */
  public int tokenToId(String token) {
    return added.tokenToId(token, parts.model());
  }

  /** The token of {@code id} as the vocabulary spells it, or null. */
  public @Nullable String idToToken(int id) {
    String token = added.idToToken(id);
    return token != null ? token : parts.model().idToToken(id);
  }

  /** How many tokens there are, added ones included. */
  public int vocabularySize() {
    return parts.model().vocabulary().size() + added.countBeyond(parts.model());
  }

  /** The added tokens, by id. */
  public List<AddedToken> addedTokens() {
    return added.tokens();
  }

  /** Whether {@code id} is a special token: one that is left out when decoding without them. */
  public boolean isSpecial(int id) {
    String token = idToToken(id);
    return token != null && added.isSpecial(token);
  }

  /**
   * The UTF-8 bytes that {@code id} adds to a text that is already under way: what constrained generation has to look at.
   * May be a part of a character. Empty for an id that the vocabulary lacks.
   */
  public byte[] tokenBytes(int id) {
    String token = idToToken(id);
    if (token == null) {
      return new byte[0];
    }
    Decoder decoder = parts.decoder();
    if (decoder == null) {
      return Utf8.encode(token);
    }
    if (added.idToToken(id) == null) {
      if (Decoders.isByteLevel(decoder)) {
        return Decoders.bytes(token);
      }
      int b = Decoders.fallbackByte(token);
      // a run that is not valid UTF-8 shows that the decoder takes such tokens as bytes
      if (b >= 0
          && !String.join("", decoder.decode(Collections.singletonList("<0xFF>")))
              .equals("<0xFF>")) {
        return new byte[] {(byte) b};
      }
    }
    String before = String.join("", decoder.decode(Collections.singletonList("a")));
    String both = String.join("", decoder.decode(Arrays.asList("a", token)));
    return Utf8.encode(both.startsWith(before) ? both.substring(before.length()) : both);
  }

  /** What tokenizer_config.json says: names of special tokens, chat templates, limits. */
  public TokenizerConfig config() {
    return config;
  }

  private int roleId(String role) {
    String token = config.specialToken(role);
    return token == null ? -1 : tokenToId(token);
  }

  /** The id of the beginning-of-sequence token, or -1 if tokenizer_config.json names none. */
  public int bosTokenId() {
    return roleId("bos_token");
  }

  /** The id of the end-of-sequence token, or -1 if tokenizer_config.json names none. */
  public int eosTokenId() {
    return roleId("eos_token");
  }

  /** The id of the padding token, or -1 if tokenizer_config.json names none. */
  public int padTokenId() {
    return roleId("pad_token");
  }

  /** The id of the unknown token, or -1 if tokenizer_config.json names none. */
  public int unkTokenId() {
    return roleId("unk_token");
  }
}
