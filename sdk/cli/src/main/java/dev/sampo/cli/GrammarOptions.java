package dev.sampo.cli;

import dev.sampo.samplers.text.constraint.Grammar;
import dev.sampo.samplers.text.constraint.GrammarException;
import dev.sampo.samplers.text.constraint.SchemaMode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
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
      names = "--lenient-schema",
      description =
          "With --json-schema: leave out what of the schema no grammar can keep, and say what, in"
              + " place of refusing it. The JSON may then break just these.")
  private boolean lenient;

  @Option(
      names = "--grammar",
      paramLabel = "FILE",
      description = "Generate only text of this grammar, in llama.cpp's GBNF; the rule is root.")
  private @Nullable Path grammar;

  /**
   * The grammar asked for, or null.
   *
   * @param note told of each keyword of a schema that is left out
   */
  @Nullable Grammar grammar(Consumer<String> note) throws IOException {
    int count = (regex == null ? 0 : 1) + (jsonSchema == null ? 0 : 1) + (grammar == null ? 0 : 1);
    if (count > 1) {
      throw new UsageException("--regex, --json-schema and --grammar exclude each other.");
    }
    if (lenient && jsonSchema == null) {
      throw new UsageException("--lenient-schema needs --json-schema.");
    }
    try {
      if (regex != null) {
        return Grammar.regex(regex);
      }
      if (jsonSchema != null) {
        return schema(Files.readString(jsonSchema, StandardCharsets.UTF_8), note);
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

  private Grammar schema(String text, Consumer<String> note) {
    try {
      return Grammar.jsonSchema(text);
    } catch (GrammarException strict) {
      Grammar schema;
      try {
        schema = Grammar.jsonSchema(text, SchemaMode.LENIENT);
      } catch (GrammarException e) {
        strict.addSuppressed(e);
        throw strict;
      }
      if (!lenient) {
        throw new GrammarException(
            strict.getMessage() + " --lenient-schema leaves out what cannot be kept.", strict);
      }
      schema.leftOut().forEach(line -> note.accept("sampo: left out of the schema: " + line));
      return schema;
    }
  }
}
