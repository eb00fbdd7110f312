package dev.sampo.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.tokenizer.postprocessor.EncodingDraft;
import dev.sampo.tokenizer.postprocessor.PostProcessor;
import dev.sampo.tokenizer.postprocessor.PostProcessors;
import dev.sampo.tokenizer.text.Utf8;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Marian's tokenizer, as transformers' MarianTokenizer: SentencePiece cuts the text ({@code source.spm} what is read, {@code target.spm}
 * what is written), and {@code vocab.json} numbers the pieces, {@code target_vocab.json} those of the target if it is apart. A language
 * code such as {@code >>fr<<} at the beginning is one token. Punctuation is not normalised, as transformers without sacremoses.
 */
final class MarianTokenizer extends AbstractTokenizer {
  private static final char SPACE = '\u2581';

  private final AbstractTokenizer pieces;
  private final Numbers numbers;
  private final TokenizerConfig config;
  private final PostProcessor post;
  private final @Nullable MarianTokenizer target;

  /** The vocabulary of one side. */
  private static final class Numbers {
    final Map<String, Integer> ids = new HashMap<>();
    final Map<Integer, String> tokens = new HashMap<>();
    final String unknown;
    final int unknownId;

    Numbers(JsonNode vocab, TokenizerConfig config) {
      for (Map.Entry<String, JsonNode> e : vocab.properties()) {
        if (!e.getValue().canConvertToInt() || e.getValue().intValue() < 0) {
          throw new TokenizerException("'" + e.getKey() + "' has no id");
        }
        ids.put(e.getKey(), e.getValue().intValue());
        tokens.put(e.getValue().intValue(), e.getKey());
      }
      String named = config.specialToken("unk_token");
      unknown = named == null ? "<unk>" : named;
      Integer id = ids.get(unknown);
      if (id == null) {
        throw new TokenizerException("the unknown token '" + unknown + "' is not in it");
      }
      unknownId = id;
    }
  }

  private MarianTokenizer(
      AbstractTokenizer pieces,
      Numbers numbers,
      TokenizerConfig config,
      @Nullable MarianTokenizer target,
      @Nullable Truncation truncation,
      @Nullable Padding padding) {
    super(truncation, padding);
    this.pieces = pieces;
    this.numbers = numbers;
    this.config = config;
    this.target = target;
    this.post = ending(config, numbers);
  }

  /** Whether a folder holds one. */
  static boolean isIn(Path folder) {
    return Files.exists(folder.resolve("source.spm"))
        && Files.exists(folder.resolve("target.spm"))
        && Files.exists(folder.resolve("vocab.json"));
  }

  static Tokenizer read(Path folder, JsonNode settings, TokenizerConfig config) {
    Numbers source = numbers(folder.resolve("vocab.json"), config);
    Path apart = folder.resolve("target_vocab.json");
    boolean separate = settings.path("separate_vocabs").asBoolean(false) && Files.exists(apart);
    Numbers written = separate ? numbers(apart, config) : source;
    MarianTokenizer target =
        new MarianTokenizer(
            pieces(folder.resolve("target.spm")), written, config, null, null, null);
    return new MarianTokenizer(
        pieces(folder.resolve("source.spm")), source, config, target, null, null);
  }

  private static Numbers numbers(Path path, TokenizerConfig config) {
    JsonNode vocab = TokenizerReader.json(path);
    return TokenizerReader.at(
        path,
        () -> {
          if (vocab == null || !vocab.isObject()) {
            throw new TokenizerException("is not an object of tokens and ids");
          }
          return new Numbers(vocab, config);
        });
  }

  private static AbstractTokenizer pieces(Path path) {
    ObjectNode plain = JsonNodeFactory.instance.objectNode();
    return TokenizerReader.at(
        path, () -> (AbstractTokenizer) SentencePieceFile.read(path, plain, TokenizerConfig.EMPTY));
  }

  /** The end token behind one text, and behind the second of two. */
  private static PostProcessor ending(TokenizerConfig config, Numbers numbers) {
    String named = config.specialToken("eos_token");
    String eos = named == null ? "</s>" : named;
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("type", "TemplateProcessing");
    for (String kind : new String[] {"single", "pair"}) {
      com.fasterxml.jackson.databind.node.ArrayNode list = json.putArray(kind);
      list.addObject().putObject("Sequence").put("id", "A").put("type_id", 0);
      if (kind.equals("pair")) {
        list.addObject().putObject("Sequence").put("id", "B").put("type_id", 0);
      }
      list.addObject().putObject("SpecialToken").put("id", eos).put("type_id", 0);
    }
    ObjectNode special = json.putObject("special_tokens").putObject(eos).put("id", eos);
    special.putArray("ids").add(numbers.ids.getOrDefault(eos, numbers.unknownId));
    special.putArray("tokens").add(eos);
    return PostProcessors.fromJson(new Json(json, "$"));
  }

  @Override
  PostProcessor postProcessor() {
    return post;
  }

  @Override
  boolean cleansUp() {
    return config.cleanUpTokenizationSpaces();
  }

  @Override
  Tokenizer with(@Nullable Truncation newTruncation, @Nullable Padding newPadding) {
    return new MarianTokenizer(pieces, numbers, config, target, newTruncation, newPadding);
  }

  @Override
  EncodingDraft encodeText(String text, int typeId, int word) {
    int code = text.startsWith(">>") ? text.indexOf("<<") + 2 : 0;
    int skip = code >= 2 ? code : 0;
    EncodingDraft rest = pieces.encodeText(text.substring(skip), typeId, word);
    Encoding cut = new Encoding(rest);
    int first = skip > 0 ? 1 : 0;
    int n = cut.length() + first;
    int[] ids = new int[n];
    int[] words = new int[n];
    int[] starts = new int[n];
    int[] ends = new int[n];
    if (first == 1) {
      ids[0] = id(text.substring(0, skip));
      ends[0] = skip;
    }
    List<String> tokens = cut.tokens();
    int[] from = cut.starts();
    int[] to = cut.ends();
    for (int i = first; i < n; i++) {
      ids[i] = id(tokens.get(i - first));
      words[i] = i;
      starts[i] = skip + from[i - first];
      ends[i] = skip + to[i - first];
    }
    int[] index = codePointIndex(text);
    return new EncodingDraft(
        ids,
        typeId,
        words,
        starts,
        ends,
        index == null ? starts : mapped(starts, index),
        index == null ? ends : mapped(ends, index),
        null,
        this::idToToken);
  }

  private int id(String token) {
    return numbers.ids.getOrDefault(token, numbers.unknownId);
  }

  @Override
  public int[] encodeToIds(String text, boolean addSpecialTokens) {
    List<EncodingDraft> one = new ArrayList<>();
    one.add(encodeText(text, 0, -1));
    return EncodingDraft.concat(post.process(one, addSpecialTokens), one.get(0)).ids();
  }

  @Override
  public String decode(int[] ids, boolean skipSpecialTokens) {
    StringBuilder out = new StringBuilder();
    StringBuilder run = new StringBuilder();
    for (int id : ids) {
      String token = idToToken(id);
      if (token == null || skipSpecialTokens && isSpecial(id)) {
        continue;
      }
      if (isSpecial(id)) {
        out.append(joined(run)).append(token).append(' ');
        run.setLength(0);
      } else {
        run.append(token);
      }
    }
    String text = out.append(joined(run)).toString().trim();
    return cleansUp() ? SpaceCleanup.clean(text) : text;
  }

  /** What SentencePiece makes of pieces: spaces for their marks, none at the beginning. */
  private static String joined(StringBuilder pieces) {
    String text = pieces.toString().replace(SPACE, ' ');
    return text.startsWith(" ") ? text.substring(1) : text;
  }

  @Override
  public byte[] tokenBytes(int id) {
    String token = idToToken(id);
    return token == null || isSpecial(id) ? new byte[0] : Utf8.encode(token.replace(SPACE, ' '));
  }

  @Override
  public boolean stripsFirstSpace() {
    return true;
  }

  @Override
  public int vocabularySize() {
    return numbers.ids.size();
  }

  @Override
  public int tokenToId(String token) {
    return numbers.ids.getOrDefault(token, -1);
  }

  @Override
  public @Nullable String idToToken(int id) {
    return numbers.tokens.get(id);
  }

  @Override
  public boolean isSpecial(int id) {
    String token = idToToken(id);
    return token != null
        && (token.equals(numbers.unknown)
            || config.specialTokens().containsValue(token)
            || token.equals("</s>")
            || token.equals("<pad>"));
  }

  @Override
  public int specialTokenId(String role) {
    String token = config.specialToken(role);
    if (token == null) {
      token =
          role.equals("eos_token")
              ? "</s>"
              : role.equals("pad_token") ? "<pad>" : role.equals("unk_token") ? "<unk>" : "";
    }
    return tokenToId(token);
  }

  @Override
  public TokenizerConfig config() {
    return config;
  }

  @Override
  public Tokenizer target() {
    return target == null ? this : target;
  }
}
