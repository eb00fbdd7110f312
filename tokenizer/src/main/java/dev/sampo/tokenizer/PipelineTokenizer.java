package dev.sampo.tokenizer;

import dev.sampo.tokenizer.decoder.Decoder;
import dev.sampo.tokenizer.decoder.FastDecoder;
import dev.sampo.tokenizer.model.BpeModel;
import dev.sampo.tokenizer.model.Model;
import dev.sampo.tokenizer.model.TokenSink;
import dev.sampo.tokenizer.postprocessor.EncodingDraft;
import dev.sampo.tokenizer.postprocessor.PostProcessor;
import dev.sampo.tokenizer.pretokenizer.PreTokenizer;
import dev.sampo.tokenizer.text.AlignedText;
import dev.sampo.tokenizer.text.Splits;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * The tokenizer of a {@code tokenizer.json}, stage by stage as Hugging Face's tokenizers does it: normalizer, pre-tokenizer,
 * model, post-processor, decoder. Thread-safe without locks: the buffers of an encoding come from a pool.
 */
final class PipelineTokenizer extends AbstractTokenizer {
  private static final int POOL = 32;

  private final Parts parts;
  private final AddedVocabulary added;
  private final TokenizerConfig config;
  private final TokenBytes bytes;
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

  PipelineTokenizer(Parts parts, AddedVocabulary added, TokenizerConfig config) {
    super(parts.truncation(), parts.padding());
    this.parts = parts;
    this.added = added;
    this.config = config;
    this.bytes =
        new TokenBytes(
            parts.decoder(), this::idToToken, id -> added.idToToken(id) != null, vocabularySize());
    this.pool = new AtomicReferenceArray<>(POOL);
  }

  private PipelineTokenizer(
      PipelineTokenizer other, @Nullable Truncation truncation, @Nullable Padding padding) {
    super(truncation, padding);
    parts = other.parts;
    added = other.added;
    config = other.config;
    bytes = other.bytes;
    pool = other.pool;
  }

  @Override
  Tokenizer with(@Nullable Truncation newTruncation, @Nullable Padding newPadding) {
    return new PipelineTokenizer(this, newTruncation, newPadding);
  }

  @Override
  @Nullable PostProcessor postProcessor() {
    return parts.postProcessor();
  }

  @Override
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

  @Override
  EncodingDraft encodeText(String text, int typeId, int word) {
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

  @Override
  public String decode(int[] ids, boolean skipSpecialTokens) {
    String text = decoded(ids, skipSpecialTokens);
    return cleansUp() ? SpaceCleanup.clean(text) : text;
  }

  @Override
  boolean cleansUp() {
    return config.cleanUpTokenizationSpaces()
        && (!(parts.model() instanceof BpeModel) || config.cleansUpBpe());
  }

  private String decoded(int[] ids, boolean skipSpecialTokens) {
    if (parts.fastDecoder() != null) {
      return parts.fastDecoder().decode(ids, ids.length, skipSpecialTokens);
    }
    List<String> tokens = new ArrayList<>(ids.length);
    for (int id : ids) {
      String token = idToToken(id);
      if (token != null && !(skipSpecialTokens && added.isSpecial(token))) {
        tokens.add(token);
      }
    }
    return parts.decoder() == null
        ? String.join(" ", tokens)
        : String.join("", parts.decoder().decode(tokens));
  }

  @Override
  public int tokenToId(String token) {
    return added.tokenToId(token, parts.model());
  }

  @Override
  public @Nullable String idToToken(int id) {
    String token = added.idToToken(id);
    return token != null ? token : parts.model().idToToken(id);
  }

  @Override
  public int vocabularySize() {
    return parts.model().vocabulary().size() + added.countBeyond(parts.model());
  }

  @Override
  public List<AddedToken> addedTokens() {
    return added.tokens();
  }

  @Override
  public boolean isSpecial(int id) {
    String token = idToToken(id);
    return token != null && added.isSpecial(token);
  }

  @Override
  public byte[] tokenBytes(int id) {
    return bytes.of(id);
  }

  @Override
  public boolean stripsFirstSpace() {
    int spaced = bytes.spaced();
    return spaced >= 0 && !decode(new int[] {spaced}, true).startsWith(" ");
  }

  @Override
  public TokenizerConfig config() {
    return config;
  }
}
