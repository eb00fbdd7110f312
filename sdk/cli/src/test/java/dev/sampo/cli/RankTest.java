package dev.sampo.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class RankTest {
  private static final String CASES =
      System.getProperty("sampo.home") + "/sdk/core/src/test/resources/golden/text/cross-encoders/";
  private static final String RERANKER = CASES + "tiny-reranker/model";

  @Test
  void rank_whenAReranker_thenTheBestComesFirst() {
    CommandRun run =
        CommandRun.exactly(
            "the cat sat on the mat\nberlin is a city of million people .\n",
            "rank",
            RERANKER,
            "--query",
            "how many people live in berlin ?",
            "--document",
            "-");
    assertEquals(ExitCode.OK, run.exitCode(), run.err());
    assertEquals(
        "0.5350  berlin is a city of million people .\n0.5137  the cat sat on the mat\n",
        run.out());
  }

  @Test
  void rank_whenLabels_thenTheirSharesInOrder() {
    CommandRun run =
        CommandRun.of(
            "rank", CASES + "tiny-nli/model", "--query", "a cat", "--document", "a dog", "--json");
    assertEquals(ExitCode.OK, run.exitCode(), run.err());
    assertTrue(run.out().contains("\"LABEL_2\""), run.out());
  }

  @Test
  void rank_whenNothingFits_thenErrorSaysWhatToDo() {
    CommandRun none = CommandRun.of("rank", RERANKER, "--query", "a cat");
    assertEquals(ExitCode.USAGE, none.exitCode());
    assertTrue(none.err().contains("--document"), none.err());
    CommandRun other =
        CommandRun.of("rank", "scripture-gpt", "--query", "a cat", "--document", "a dog");
    assertTrue(other.err().contains("Use sampo text"), other.err());
    CommandRun text = CommandRun.of("text", RERANKER, "--prompt", "a cat");
    assertTrue(text.err().contains("Use sampo rank"), text.err());
  }
}
