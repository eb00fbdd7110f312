package dev.sampo.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.tokenizer.Encoding;
import dev.sampo.tokenizer.Tokenizer;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code sampo tokenize}: text to ids and back. */
@Command(
    name = "tokenize",
    mixinStandardHelpOptions = true,
    description = {
      "Text to token ids and back. Without TEXT, each line of stdin is one.",
      "--jsonl reads {\"text\":\"...\",\"pair\":\"...\"?} a line, with --decode {\"ids\":[...]}, and prints one JSON object a line."
    })
final class TokenizeCommand implements Callable<Integer> {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Console console;

  @Parameters(
      index = "0",
      paramLabel = "MODEL",
      description = "Name of a model that ships, a folder, or a tokenizer.json.")
  private String model = "";

  @Parameters(index = "1..*", paramLabel = "TEXT", description = "Texts, or ids with --decode.")
  private List<String> texts = new ArrayList<>();

  @Option(names = "--jsonl", description = "One JSON object a line, in and out.")
  private boolean jsonl;

  @Option(names = "--decode", description = "Ids to text.")
  private boolean decode;

  @Option(
      names = "--no-special-tokens",
      description = "Leave out the special tokens that the model's post-processor adds.")
  private boolean noSpecialTokens;

  @Option(
      names = "--skip-special-tokens",
      description = "Leave special tokens out of decoded text.")
  private boolean skipSpecialTokens;

  TokenizeCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    Path path = ShippedModels.ofHome().resolve(model);
    Tokenizer tokenizer =
        Files.isDirectory(path) ? Tokenizer.fromFolder(path) : Tokenizer.fromFile(path);
    int number = 0;
    for (String text : texts) {
      line(tokenizer, text, ++number);
    }
    if (texts.isEmpty()) {
      try (BufferedReader reader = console.in()) {
        for (String line = reader.readLine(); line != null; line = reader.readLine()) {
          console.cancellation().throwIfCancelled();
          line(tokenizer, line, ++number);
        }
      }
    }
    return ExitCode.OK;
  }

  private void line(Tokenizer tokenizer, String line, int number) throws JsonProcessingException {
    if (jsonl) {
      if (!line.isBlank()) {
        console
            .out()
            .println(JSON.writeValueAsString(jsonLine(tokenizer, parse(line, number), number)));
      }
    } else if (decode) {
      console.out().println(tokenizer.decode(ids(line, number), skipSpecialTokens));
    } else {
      int[] ids = tokenizer.encodeToIds(line, !noSpecialTokens);
      console
          .out()
          .println(Arrays.stream(ids).mapToObj(String::valueOf).collect(Collectors.joining(" ")));
    }
  }

  private static JsonNode parse(String line, int number) {
    try {
      JsonNode node = JSON.readTree(line);
      if (node.isObject()) {
        return node;
      }
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(
          "line " + number + " is not JSON: " + e.getOriginalMessage(), e);
    }
    throw new IllegalArgumentException("line " + number + " is not a JSON object");
  }

  private ObjectNode jsonLine(Tokenizer tokenizer, JsonNode in, int number) {
    ObjectNode out = JSON.createObjectNode();
    if (decode) {
      return out.put("text", tokenizer.decode(ids(in, number), skipSpecialTokens));
    }
    if (!in.path("text").isTextual()) {
      throw new IllegalArgumentException("line " + number + " has no \"text\"");
    }
    String text = in.path("text").asText();
    JsonNode pair = in.path("pair");
    Encoding encoding =
        pair.isTextual()
            ? tokenizer.encode(text, pair.asText(), !noSpecialTokens)
            : tokenizer.encode(text, !noSpecialTokens);
    put(out, "ids", encoding.ids());
    ArrayNode tokens = out.putArray("tokens");
    encoding.tokens().forEach(tokens::add);
    put(out, "type_ids", encoding.typeIds());
    put(out, "attention_mask", encoding.attentionMask());
    put(out, "special_tokens_mask", encoding.specialTokensMask());
    ArrayNode offsets = out.putArray("offsets");
    int[] starts = encoding.codePointStarts();
    int[] ends = encoding.codePointEnds();
    for (int i = 0; i < starts.length; i++) {
      offsets.addArray().add(starts[i]).add(ends[i]);
    }
    return out;
  }

  private static void put(ObjectNode out, String key, int[] values) {
    ArrayNode array = out.putArray(key);
    for (int value : values) {
      array.add(value);
    }
  }

  private static int[] ids(JsonNode in, int number) {
    JsonNode ids = in.path("ids");
    if (!ids.isArray()) {
      throw new IllegalArgumentException("line " + number + " has no \"ids\"");
    }
    int[] values = new int[ids.size()];
    for (int i = 0; i < values.length; i++) {
      if (!ids.get(i).canConvertToInt() || !ids.get(i).isIntegralNumber()) {
        throw new IllegalArgumentException(
            "line " + number + ": ids[" + i + "] is " + ids.get(i) + ", wanted a whole number");
      }
      values[i] = ids.get(i).intValue();
    }
    return values;
  }

  private static int[] ids(String line, int number) {
    try {
      String trimmed = line.trim();
      return trimmed.isEmpty()
          ? new int[0]
          : Arrays.stream(trimmed.split("[\\s,]+")).mapToInt(Integer::parseInt).toArray();
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "line "
              + number
              + " is '"
              + line
              + "', wanted ids: whole numbers with spaces or commas between them",
          e);
    }
  }
}
