package dev.sampo.cli;

import dev.sampo.samplers.text.constraint.Grammar;
import dev.sampo.samplers.text.constraint.GrammarException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What generated text has to be like: at most one of a regular expression, a JSON schema and a grammar. */
final class GrammarOptions {
  @Option(
      names = "--regex",
      paramLabel = "PATTERN",
      description = "Generate only text that matches this regular expression as a whole.")
  private @Nullable String regex;

  @Option(
      names = "--json-schema",
      paramLabel = "FILE",
      description = "Generate only JSON that this JSON schema allows.")
  private @Nullable Path jsonSchema;

  @Option(
      names = "--grammar",
      paramLabel = "FILE",
      description = "Generate only text of this grammar, in llama.cpp's GBNF; the rule is root.")
  private @Nullable Path grammar;

  /** The grammar asked for, or null. */
  @Nullable Grammar grammar() throws IOException {
    int count = (regex == null ? 0 : 1) + (jsonSchema == null ? 0 : 1) + (grammar == null ? 0 : 1);
    if (count > 1) {
      throw new UsageException("--regex, --json-schema and --grammar exclude each other.");
    }
    try {
      if (regex != null) {
        return Grammar.regex(regex);
      }
      if (jsonSchema != null) {
        return Grammar.jsonSchema(Files.readString(jsonSchema, StandardCharsets.UTF_8));
      }
      return grammar == null
          ? null
          : Grammar.gbnf(Files.readString(grammar, StandardCharsets.UTF_8));
    } catch (GrammarException e) {
      String option =
          regex != null
              ? "--regex"
              : jsonSchema != null ? "--json-schema " + jsonSchema : "--grammar " + grammar;
      throw new UsageException(option + ": " + e.getMessage(), e);
    }
  }
}
