package dev.sampo.tokenizer;

import static org.junit.jupiter.api.Assertions.fail;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sampo.tokenizer.decoder.Decoders;
import dev.sampo.tokenizer.normalizer.Normalizers;
import dev.sampo.tokenizer.pretokenizer.PreTokenizers;
import dev.sampo.tokenizer.text.AlignedText;
import dev.sampo.tokenizer.text.Splits;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Single components against what the reference's components did. */
class ComponentsGoldenTest {
  @TestFactory
  Stream<DynamicTest> component_whenGoldenInput_thenEqualsReference() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (String name : List.of("normalizers.jsonl", "pre_tokenizers.jsonl", "decoders.jsonl")) {
      for (Path file : Golden.files(name)) {
        for (JsonNode line : Golden.lines(file)) {
          tests.add(
              DynamicTest.dynamicTest(
                  file + " " + line.get("name").asText(),
                  () -> {
                    List<String> errors = run(name, line);
                    if (!errors.isEmpty()) {
                      fail(errors.size() + " differences:\n" + String.join("\n", errors));
                    }
                  }));
        }
      }
    }
    if (tests.isEmpty()) {
      fail("No component goldens under " + Golden.root());
    }
    return tests.stream();
  }

  static List<String> run(String file, JsonNode line) {
    List<String> errors = new ArrayList<>();
    Json config = new Json(line.get("config"), "$");
    for (JsonNode c : line.get("cases")) {
      JsonNode wanted = c.get("out");
      if (wanted == null || wanted.isNull()) {
        continue; // the reference fails here
      }
      JsonNode got;
      try {
        got = apply(file, config, c.get("in"));
      } catch (RuntimeException e) {
        errors.add(line.get("name") + " " + c.get("in") + ": " + e + " at " + e.getStackTrace()[0]);
        continue;
      }
      if (!wanted.equals(got)) {
        errors.add(
            line.get("name") + " " + c.get("in") + ":\n  wanted " + wanted + "\n  got    " + got);
      }
    }
    return errors;
  }

  private static JsonNode apply(String file, Json config, JsonNode in) {
    if (file.startsWith("normalizers")) {
      AlignedText text = new AlignedText(in.textValue());
      Normalizers.fromJson(config).normalize(text);
      return Golden.MAPPER.valueToTree(text.toString());
    }
    if (file.startsWith("decoders")) {
      List<String> tokens = new ArrayList<>();
      in.forEach(t -> tokens.add(t.textValue()));
      return Golden.MAPPER.valueToTree(String.join("", Decoders.fromJson(config).decode(tokens)));
    }
    String original = in.textValue();
    Splits splits = new Splits(new AlignedText(original));
    PreTokenizers.fromJson(config).preTokenize(splits);
    splits.writeOutByteLevel();
    List<Object> out = new ArrayList<>();
    for (int i = 0; i < splits.size(); i++) {
      int from = splits.from(i);
      int to = splits.to(i);
      String piece = new String(splits.text().chars(), from, to - from);
      int start = original.codePointCount(0, splits.text().start(from));
      int end = original.codePointCount(0, splits.text().end(to - 1));
      out.add(List.of(piece, List.of(start, end)));
    }
    return Golden.MAPPER.valueToTree(out);
  }

  /** For a look from the command line: prints what differs. */
  public static void main(String[] args) throws IOException {
    for (String name : List.of("normalizers.jsonl", "pre_tokenizers.jsonl", "decoders.jsonl")) {
      for (Path file : Golden.files(name)) {
        for (JsonNode line : Golden.lines(file)) {
          List<String> errors;
          try {
            errors = run(name, line);
          } catch (RuntimeException e) {
            errors = List.of("" + e);
          }
          if (!errors.isEmpty()) {
            System.out.println(file + " " + line.get("name") + ": " + errors.size());
            errors.stream().limit(3).forEach(System.out::println);
          }
        }
      }
    }
  }
}
