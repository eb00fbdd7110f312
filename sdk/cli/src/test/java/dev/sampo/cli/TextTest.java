package dev.sampo.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code sampo text} beyond the plain case. */
class TextTest {
  @TempDir Path folder;

  private static CommandRun gpt(String... more) {
    List<String> words =
        new ArrayList<>(
            List.of("text", "scripture-gpt", "--max-new-tokens", "8", "--do-sample=false"));
    words.addAll(List.of(more));
    return CommandRun.of(words.toArray(new String[0]));
  }

  private static void assertUsage(CommandRun run, String... words) {
    assertEquals(ExitCode.USAGE, run.exitCode(), run.err());
    assertSays(run, words);
  }

  private static void assertFailed(CommandRun run, String... words) {
    assertEquals(ExitCode.FAILED, run.exitCode(), run.err());
    assertSays(run, words);
  }

  private static void assertSays(CommandRun run, String... words) {
    assertEquals("", run.out());
    for (String word : words) {
      assertTrue(run.err().contains(word), "no '" + word + "' in: " + run.err());
    }
    assertTrue(!run.err().contains("fault of sampo itself"), run.err());
  }

  @Test
  void regex_whenGiven_thenTextMatches() {
    CommandRun run = gpt("--prompt", "In the", "--regex", "[0-9]{3}-[a-c]{2}");
    assertEquals(ExitCode.OK, run.exitCode(), run.err());
    assertTrue(run.out().trim().matches("[0-9]{3}-[a-c]{2}"), run.out());
  }

  @Test
  void jsonSchemaAndGrammar_whenFiles_thenTextIsSo() throws IOException {
    Path schema = folder.resolve("schema.json");
    Files.writeString(schema, "{\"enum\": [\"yes\", \"no\"]}");
    String json = gpt("--prompt", "And", "--json-schema", schema.toString()).out().trim();
    assertTrue(json.equals("\"yes\"") || json.equals("\"no\""), json);
    Path gbnf = folder.resolve("grammar.gbnf");
    Files.writeString(gbnf, "root ::= \"a\" \"b\"+ \"c\"");
    String text = gpt("--prompt", "And", "--grammar", gbnf.toString()).out().trim();
    assertTrue(text.matches("ab+c?"), text);
  }

  @Test
  void lenientSchema_whenKeywordCannotBeKept_thenLeftOutAndTold() throws IOException {
    Path schema = folder.resolve("schema.json");
    Files.writeString(
        schema,
        "{\"type\": \"array\", \"items\": {\"type\": \"string\", \"maxLength\": 2}, \"minItems\": 1,"
            + " \"maxItems\": 2, \"uniqueItems\": true}");
    String[] args = {"--prompt", "And", "--json-schema", schema.toString(), "--lenient-schema"};
    assertUsage(gpt(Arrays.copyOf(args, 4)), "uniqueItems", "--lenient-schema");
    CommandRun run = gpt(args);
    assertEquals(ExitCode.OK, run.exitCode(), run.err());
    assertTrue(new ObjectMapper().readTree(run.out()).isArray(), run.out());
    assertTrue(run.err().contains("left out of the schema: "), run.err());
    assertUsage(gpt("--prompt", "a", "--lenient-schema"), "--json-schema");
  }

  @Test
  void grammar_whenWrong_thenErrorNamesOption() throws IOException {
    assertUsage(gpt("--prompt", "a", "--regex", "[a-"), "--regex");
    Path schema = folder.resolve("schema.json");
    Files.writeString(schema, "{\"type\": 5}");
    assertUsage(gpt("--prompt", "a", "--json-schema", schema.toString()), "--json-schema");
    Path gbnf = folder.resolve("grammar.gbnf");
    Files.writeString(gbnf, "root ::= missing");
    assertUsage(gpt("--prompt", "a", "--grammar", gbnf.toString()), "--grammar", "missing");
    assertUsage(
        gpt("--prompt", "a", "--regex", "a", "--grammar", gbnf.toString()), "exclude each other");
    assertFailed(gpt("--prompt", "a", "--grammar", folder.resolve("none").toString()), "no file");
  }

  @Test
  void score_whenText_thenPerplexity() throws IOException {
    CommandRun run = gpt("--score", "In the beginning God created", "--score", "zx qv", "--json");
    assertEquals(ExitCode.OK, run.exitCode(), run.err());
    JsonNode scores = new ObjectMapper().readTree(run.out()).get("scores");
    assertEquals(2, scores.size());
    assertTrue(
        scores.get(0).get("perplexity").asDouble() < scores.get(1).get("perplexity").asDouble());
    double sum = 0;
    for (JsonNode value : scores.get(0).get("token_logprobs")) {
      sum += value.asDouble();
    }
    assertEquals(sum, scores.get(0).get("sum_logprob").asDouble(), 1e-9);
    assertTrue(gpt("--score", "In the beginning").out().startsWith("perplexity "));
  }

  @Test
  void score_whenEncoderDecoder_thenOfTheOutput() {
    CommandRun run =
        CommandRun.of("text", "numbers-en-fr", "--prompt", "seven", "--score", "sept", "--json");
    assertEquals(ExitCode.OK, run.exitCode(), run.err());
    assertTrue(run.out().contains("\"perplexity\" : 1.0"), run.out());
    assertUsage(CommandRun.of("text", "numbers-en-fr", "--score", "sept"), "--prompt");
    assertUsage(gpt("--prompt", "a", "--score", "a"), "--score and --prompt");
  }

  @Test
  void promptCache_whenGoneOnWith_thenSameAsAtOnce() throws IOException {
    Path cache = folder.resolve("conversation.cache");
    String first = "And the king";
    CommandRun begun = gpt("--prompt", first, "--prompt-cache", cache.toString());
    assertEquals(ExitCode.OK, begun.exitCode(), begun.err());
    String text = first + begun.out().stripTrailing() + " and";
    CommandRun more = gpt("--prompt", text, "--prompt-cache", cache.toString());
    assertEquals(gpt("--prompt", text).out(), more.out());
    Files.write(cache, java.util.Arrays.copyOf(Files.readAllBytes(cache), 1000));
    assertFailed(gpt("--prompt", text, "--prompt-cache", cache.toString()), "is damaged");
    Files.writeString(cache, "something else");
    assertFailed(
        gpt("--prompt", text, "--prompt-cache", cache.toString()), "no saved prompt cache");
  }

  @Test
  void assistant_whenGiven_thenSameText() {
    assertEquals(
        gpt("--prompt", "And the king").out(),
        gpt("--prompt", "And the king", "--assistant", "scripture-gpt").out());
  }

  private static CommandRun king(String... more) {
    List<String> words =
        new ArrayList<>(List.of("text", "scripture-gpt", "--prompt", "And the king"));
    words.addAll(List.of("--do-sample=false", "--max-new-tokens", "24", "--json"));
    words.addAll(List.of(more));
    return CommandRun.of(words.toArray(new String[0]));
  }

  private static JsonNode sequence(CommandRun run) throws IOException {
    assertEquals(ExitCode.OK, run.exitCode(), run.err());
    return new ObjectMapper().readTree(run.out()).get("prompts").get(0).get("sequences").get(0);
  }

  @Test
  void stop_whenAcrossTokens_thenItEndsThere() throws IOException {
    String whole = sequence(king()).get("text").asText();
    String stop = whole.substring(7, 12);
    JsonNode stopped = sequence(king("--stop", stop));
    assertEquals("stop", stopped.get("finish_reason").asText());
    assertEquals(whole.substring(0, whole.indexOf(stop)), stopped.get("text").asText());
  }

  @Test
  void options_whenTheyContradict_thenErrorNamesBoth() {
    assertUsage(
        gpt("--prompt", "a", "--num-beams", "2", "--num-return-sequences", "3"),
        "--num-return-sequences is 3",
        "num_beams is 2");
    assertUsage(gpt("--prompt", "a", "--num-return-sequences", "2"), "sample");
    assertUsage(gpt("--prompt", "a", "--temperature", "warm"), "--temperature", "a number");
    assertUsage(gpt("--prompt", "a", "--top-p", "2"), "--top-p");
    assertUsage(gpt("--prompt", "a", "--seed", "abc"), "--seed");
    assertUsage(gpt("--prompt", "a", "--stream", "--num-beams", "2"), "--stream");
    assertUsage(gpt("--ids", "1,x"), "--ids");
    assertUsage(gpt("--prompt", "a", "--stop", ""), "stop string is empty");
    assertUsage(gpt("--ids", "999999"), "999999");
  }

  @Test
  void audio_whenModelReadsText_thenErrorSaysSo() {
    assertUsage(gpt("--prompt", "a", "--audio", "x.wav"), "--audio");
    assertFailed(gpt("--audio", folder.resolve("none.wav").toString()), "no file");
  }
}
