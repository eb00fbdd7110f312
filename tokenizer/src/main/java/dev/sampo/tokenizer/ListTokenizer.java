package dev.sampo.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.tokenizer.postprocessor.EncodingDraft;
import dev.sampo.tokenizer.postprocessor.PostProcessor;
import dev.sampo.tokenizer.text.IntList;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/**
 * A vocabulary that {@code sampo.json} lists: characters, or words with a pattern that cuts them. It adds no special tokens. Words come
 * out with spaces between them, but after those that {@code unspaced_tokens} names and before them.
 */
final class ListTokenizer extends AbstractTokenizer {
  private static final String[] ROLES = {"bos_token", "eos_token", "pad_token", "unk_token"};
  private static final int NAMED_IN_ERRORS = 40;

  private final Lists lists;
  private final Tokenizer target;

  /** What a configuration says of one vocabulary. */
  private static final class Lists {
    final List<String> tokens;
    final Map<String, Integer> ids = new HashMap<>();
    final Map<String, Integer> roles = new HashMap<>();
    final Set<Integer> special = new HashSet<>();
    final @Nullable Pattern pattern;
    final boolean lowercase;
    final Set<String> unspaced = new HashSet<>();

    Lists(List<String> tokens, JsonNode config, boolean words) {
      this.tokens = tokens;
      for (int i = 0; i < tokens.size(); i++) {
        ids.putIfAbsent(tokens.get(i), i);
      }
      this.pattern = words ? pattern(config) : null;
      this.lowercase = config.path("lowercase").asBoolean(false);
      config.path("unspaced_tokens").forEach(token -> unspaced.add(token.asText()));
      for (String role : ROLES) {
        JsonNode id = config.path(role + "_id");
        if (!id.isInt()) {
          continue;
        }
        roles.put(role, id.intValue());
        // A character model may begin with a token that is text too, a line break for one; a longer
        // one cannot come from a text.
        if (words || isLongerThanCharacter(id.intValue())) {
          special.add(id.intValue());
        }
      }
    }

    private boolean isLongerThanCharacter(int id) {
      String token = id >= 0 && id < tokens.size() ? tokens.get(id) : "";
      return token.codePointCount(0, token.length()) > 1;
    }

    private static Pattern pattern(JsonNode config) {
      String regex = config.path("token_pattern").asText("\\S+");
      try {
        return Pattern.compile(regex);
      } catch (PatternSyntaxException e) {
        throw new TokenizerException(
            "$.token_pattern: " + e.getDescription() + " at index " + e.getIndex(), e);
      }
    }
  }

  private ListTokenizer(
      Lists lists,
      @Nullable Tokenizer target,
      @Nullable Truncation truncation,
      @Nullable Padding padding) {
    super(truncation, padding);
    this.lists = lists;
    this.target = target == null ? this : target;
  }

  /**
   * The tokenizer of a configuration with {@code vocab}, or {@code source_vocab} and {@code target_vocab}; null if it lists no tokens.
   *
   * @throws TokenizerException if what it says cannot be
   */
  static @Nullable ListTokenizer of(JsonNode config) {
    String level = config.path("level").asText("char");
    if (config.path("vocab").isArray()) {
      return of(config, "vocab", level, null);
    }
    if (config.path("source_vocab").isArray() && config.path("target_vocab").isArray()) {
      return of(config, "source_vocab", level, of(config, "target_vocab", level, null));
    }
    return null;
  }

  private static ListTokenizer of(
      JsonNode config, String key, String level, @Nullable Tokenizer target) {
    if (!level.equals("char") && !level.equals("word")) {
      throw new TokenizerException("$.level: is '" + level + "'; wanted char or word");
    }
    List<String> tokens = new ArrayList<>();
    for (JsonNode item : config.path(key)) {
      if (!item.isTextual()) {
        throw new TokenizerException("$." + key + "[" + tokens.size() + "]: is not a string");
      }
      tokens.add(item.textValue());
    }
    return new ListTokenizer(new Lists(tokens, config, level.equals("word")), target, null, null);
  }

  @Override
  @Nullable PostProcessor postProcessor() {
    return null;
  }

  @Override
  Tokenizer with(@Nullable Truncation newTruncation, @Nullable Padding newPadding) {
    return new ListTokenizer(lists, target == this ? null : target, newTruncation, newPadding);
  }

  @Override
  EncodingDraft encodeText(String text, int typeId, int word) {
    IntList starts = new IntList();
    IntList ends = new IntList();
    int[] ids = encode(text, starts, ends);
    int[] words = new int[ids.length];
    for (int i = 0; i < words.length; i++) {
      words[i] = word >= 0 ? word : i;
    }
    int[] index = codePointIndex(text);
    int[] from = starts.toArray();
    int[] to = ends.toArray();
    return new EncodingDraft(
        ids,
        typeId,
        words,
        from,
        to,
        index == null ? from : mapped(from, index),
        index == null ? to : mapped(to, index),
        null,
        this::idToToken);
  }

  @Override
  public int[] encodeToIds(String text, boolean addSpecialTokens) {
    return encode(text, new IntList(), new IntList());
  }

  private int[] encode(String text, IntList starts, IntList ends) {
    IntList ids = new IntList();
    if (lists.pattern != null) {
      // Lower-casing may change lengths, so the pattern runs over each text as it is read.
      String read = lists.lowercase ? text.toLowerCase(Locale.ROOT) : text;
      boolean aligned = read.length() == text.length();
      for (Matcher matcher = lists.pattern.matcher(read); matcher.find(); ) {
        ids.add(id(matcher.group()));
        starts.add(aligned ? matcher.start() : Math.min(matcher.start(), text.length()));
        ends.add(aligned ? matcher.end() : Math.min(matcher.end(), text.length()));
      }
      return ids.toArray();
    }
    for (int i = 0; i < text.length(); ) {
      int next = i + Character.charCount(text.codePointAt(i));
      String one = text.substring(i, next);
      String read = lists.lowercase ? one.toLowerCase(Locale.ROOT) : one;
      for (int k = 0; k < read.length(); ) {
        int size = Character.charCount(read.codePointAt(k));
        ids.add(id(read.substring(k, k + size)));
        starts.add(i);
        ends.add(next);
        k += size;
      }
      i = next;
    }
    return ids.toArray();
  }

  private int id(String piece) {
    Integer id = lists.ids.get(piece);
    if (id != null) {
      return id;
    }
    Integer unknown = lists.roles.get("unk_token");
    if (unknown == null || unknown < 0) {
      List<String> known = lists.tokens.subList(0, Math.min(NAMED_IN_ERRORS, lists.tokens.size()));
      throw new TokenizerException(
          "The model does not know '"
              + piece
              + "', and has no token for what is unknown. It knows "
              + known
              + (known.size() < lists.tokens.size()
                  ? " and " + (lists.tokens.size() - known.size()) + " more."
                  : "."));
    }
    return unknown;
  }

  @Override
  public String decode(int[] ids, boolean skipSpecialTokens) {
    StringBuilder text = new StringBuilder();
    boolean glue = true;
    for (int id : ids) {
      String token = idToToken(id);
      if (token == null || skipSpecialTokens && lists.special.contains(id)) {
        continue;
      }
      boolean alone = lists.unspaced.contains(token);
      if (lists.pattern != null && !glue && !alone) {
        text.append(' ');
      }
      text.append(token);
      glue = alone;
    }
    return text.toString();
  }

  @Override
  public byte[] tokenBytes(int id) {
    String token = idToToken(id);
    if (token == null || lists.special.contains(id)) {
      return new byte[0];
    }
    String spaced = lists.pattern == null || lists.unspaced.contains(token) ? token : " " + token;
    return spaced.getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public boolean stripsFirstSpace() {
    return lists.pattern != null;
  }

  @Override
  public int vocabularySize() {
    return lists.tokens.size();
  }

  @Override
  public int tokenToId(String token) {
    return lists.ids.getOrDefault(token, -1);
  }

  @Override
  public @Nullable String idToToken(int id) {
    return id >= 0 && id < lists.tokens.size() ? lists.tokens.get(id) : null;
  }

  @Override
  public boolean isSpecial(int id) {
    return lists.special.contains(id);
  }

  @Override
  public int specialTokenId(String role) {
    return lists.roles.getOrDefault(role, -1);
  }

  @Override
  public Tokenizer target() {
    return target;
  }
}
