package dev.sampo.sound;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.error.ModelException;
import dev.sampo.error.RequestException;
import dev.sampo.model.ModelFolder;
import dev.sampo.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Texts to ids for a voice: by the folder's {@code tokenizer.json}, or by {@code vocab.json} as transformers' VitsTokenizer does it: in lower case where {@code
 * normalize} is set, without what is not in the vocabulary, and with {@code add_blank} an id 0 before every character and at the end.
 */
final class SpeechText {
  private final ModelFolder folder;
  private final @Nullable Tokenizer tokenizer;
  private final Map<String, Integer> vocabulary = new LinkedHashMap<>();
  private final boolean addBlank;
  private final boolean normalize;
  private final boolean phonemize;

  SpeechText(ModelFolder folder) {
    this.folder = folder;
    JsonNode config = folder.jsonOrEmpty("tokenizer_config.json");
    this.addBlank = config.path("add_blank").asBoolean(true);
    this.normalize = config.path("normalize").asBoolean(true);
    this.phonemize = config.path("phonemize").asBoolean(false);
    JsonNode listed = folder.jsonIfPresent("vocab.json");
    if (listed != null) {
      Iterator<Map.Entry<String, JsonNode>> entries = listed.fields();
      while (entries.hasNext()) {
        Map.Entry<String, JsonNode> entry = entries.next();
        if (!entry.getValue().isInt()) {
          throw new ModelException(
              folder.root().resolve("vocab.json"),
              "vocab.json of "
                  + folder.root()
                  + " gives '"
                  + entry.getKey()
                  + "' the id "
                  + entry.getValue()
                  + "; ids are whole numbers.");
        }
        vocabulary.put(entry.getKey(), entry.getValue().asInt());
      }
    }
    this.tokenizer =
        folder.find("tokenizer.json") != null ? folder.requireTokenizer().withPadding(null) : null;
  }

  /** The ids of whatever the request gives. */
  List<int[]> ids(SpeechRequest request) {
    List<int[]> rows = new ArrayList<>(request.inputIds());
    for (String phonemes : request.phonemes()) {
      rows.add(ofPhonemes(phonemes));
    }
    for (String text : request.texts()) {
      rows.add(ofText(text));
    }
    for (int[] row : rows) {
      if (row.length == 0) {
        throw new RequestException(
            "texts", "Nothing of a text is in the vocabulary of " + folder.name() + ".");
      }
    }
    return rows;
  }

  private int[] ofText(String text) {
    if (phonemize) {
      throw new RequestException(
          "texts",
          folder.name()
              + " speaks phonemes, which are not made from letters here. Give them as phonemes, one"
              + " character of vocab.json each, or give inputIds.");
    }
    if (tokenizer != null) {
      return tokenizer.encodeToIds(text, true);
    }
    if (vocabulary.isEmpty()) {
      throw new RequestException(
          "texts", folder.root() + " holds neither tokenizer.json nor vocab.json. Give inputIds.");
    }
    String spelt = normalize ? text.toLowerCase(Locale.ROOT) : text;
    StringBuilder kept = new StringBuilder();
    spelt
        .codePoints()
        .filter(c -> vocabulary.containsKey(new String(Character.toChars(c))))
        .forEach(kept::appendCodePoint);
    return withBlanks(kept.toString().trim());
  }

  private int[] ofPhonemes(String phonemes) {
    for (int c : phonemes.codePoints().toArray()) {
      String phoneme = new String(Character.toChars(c));
      if (!vocabulary.containsKey(phoneme)) {
        throw new RequestException(
            "phonemes",
            "'"
                + phoneme
                + "' is not in vocab.json of "
                + folder.root()
                + ", which has "
                + vocabulary.keySet()
                + ".");
      }
    }
    return withBlanks(phonemes);
  }

  private int[] withBlanks(String text) {
    int[] points = text.codePoints().toArray();
    if (points.length == 0) {
      return points;
    }
    int[] ids = new int[addBlank ? 2 * points.length + 1 : points.length];
    for (int i = 0; i < points.length; i++) {
      Integer id = vocabulary.get(new String(Character.toChars(points[i])));
      ids[addBlank ? 2 * i + 1 : i] = id == null ? 0 : id;
    }
    return ids;
  }
}
