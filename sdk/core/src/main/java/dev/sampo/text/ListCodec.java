package dev.sampo.text;

import com.fasterxml.jackson.databind.JsonNode;
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
import org.jspecify.annotations.Nullable;

/** A vocabulary that {@code sampo.json} lists: characters, or words with a pattern that cuts them. */
final class ListCodec implements TextCodec {
  private final List<String> tokens;
  private final Map<String, Integer> ids = new HashMap<>();
  private final Set<Integer> special = new HashSet<>();
  private final @Nullable Pattern pattern;
  private final boolean lowercase;
  private final Set<String> unspaced = new HashSet<>();
  private final int unknownId;
  private final TextCodec target;

  private ListCodec(
      List<String> tokens, JsonNode config, boolean words, @Nullable TextCodec target) {
    this.tokens = tokens;
    for (int i = 0; i < tokens.size(); i++) {
      ids.putIfAbsent(tokens.get(i), i);
    }
    this.pattern = words ? Pattern.compile(config.path("token_pattern").asText("\\S+")) : null;
    this.lowercase = config.path("lowercase").asBoolean(false);
    config.path("unspaced_tokens").forEach(token -> unspaced.add(token.asText()));
    this.unknownId = config.path("unk_token_id").asInt(-1);
    for (String key : List.of("pad_token_id", "bos_token_id", "eos_token_id", "unk_token_id")) {
      // A character model may begin with a token that is text too, a line break for one.
      if (words && config.path(key).isInt()) {
        special.add(config.path(key).intValue());
      }
    }
    this.target = target == null ? this : target;
  }

  /** The codec of a configuration with {@code vocab}, or {@code source_vocab} and {@code target_vocab}; null if it lists no tokens. */
  static @Nullable ListCodec of(JsonNode config) {
    boolean words = config.path("level").asText("char").equals("word");
    if (config.path("vocab").isArray()) {
      return new ListCodec(texts(config.path("vocab")), config, words, null);
    }
    if (config.path("source_vocab").isArray() && config.path("target_vocab").isArray()) {
      ListCodec target = new ListCodec(texts(config.path("target_vocab")), config, words, null);
      return new ListCodec(texts(config.path("source_vocab")), config, words, target);
    }
    return null;
  }

  private static List<String> texts(JsonNode array) {
    List<String> texts = new ArrayList<>();
    array.forEach(item -> texts.add(item.asText()));
    return texts;
  }

  @Override
  public int[] encode(String text) {
    String read = lowercase ? text.toLowerCase(Locale.ROOT) : text;
    List<String> pieces = new ArrayList<>();
    if (pattern != null) {
      for (Matcher matcher = pattern.matcher(read); matcher.find(); ) {
        pieces.add(matcher.group());
      }
    } else {
      read.codePoints().forEach(c -> pieces.add(new String(Character.toChars(c))));
    }
    int[] found = new int[pieces.size()];
    for (int i = 0; i < found.length; i++) {
      Integer id = ids.get(pieces.get(i));
      if (id == null && unknownId < 0) {
        throw new IllegalArgumentException(
            "The model does not know '"
                + pieces.get(i)
                + "', and has no token for what is unknown. It knows "
                + tokens
                + ".");
      }
      found[i] = id == null ? unknownId : id;
    }
    return found;
  }

  @Override
  public String decode(int[] tokenIds) {
    StringBuilder text = new StringBuilder();
    boolean glue = true;
    for (int id : tokenIds) {
      if (id < 0 || id >= tokens.size() || special.contains(id)) {
        continue;
      }
      String token = tokens.get(id);
      if (pattern != null && !glue && !unspaced.contains(token)) {
        text.append(' ');
      }
      text.append(token);
      glue = unspaced.contains(token);
    }
    return text.toString();
  }

  @Override
  public byte[] tokenBytes(int id) {
    if (id < 0 || id >= tokens.size() || special.contains(id)) {
      return new byte[0];
    }
    String token = tokens.get(id);
    String spaced = pattern == null || unspaced.contains(token) ? token : " " + token;
    return spaced.getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public boolean isSpecial(int id) {
    return special.contains(id);
  }

  @Override
  public boolean stripsFirstSpace() {
    return pattern != null;
  }

  @Override
  public TextCodec target() {
    return target;
  }
}
