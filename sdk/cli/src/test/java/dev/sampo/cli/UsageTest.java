package dev.sampo.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Wrong usage and wrong values are exit code 2, what goes wrong otherwise 1, and both say what to do. */
class UsageTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "demo",
        "models",
        "inspect",
        "text",
        "image",
        "embed",
        "tokenize",
        "bench",
        "latent",
        "latent sample",
        "latent search",
        "train",
        "doctor"
      })
  void help_ofEveryCommand_isPrinted(String command) {
    String[] words = (command + " --help").trim().split(" ");
    CommandRun run = CommandRun.of(words);
    assertEquals(ExitCode.OK, run.exitCode(), run.err());
    assertTrue(run.out().startsWith("Usage:") || run.out().contains("Usage:"), run.out());
  }

  @Test
  void unknownOption_isWrongUsage() {
    CommandRun run = CommandRun.of("text", "scripture-gpt", "--no-such-option");
    assertEquals(ExitCode.USAGE, run.exitCode());
    assertTrue(run.err().contains("--no-such-option"), run.err());
  }

  @Test
  void unknownCommand_isWrongUsage() {
    assertEquals(ExitCode.USAGE, CommandRun.of("paint").exitCode());
  }

  @Test
  void latentWithoutAction_listsTheActions() {
    CommandRun run = CommandRun.of("latent");
    assertEquals(ExitCode.USAGE, run.exitCode());
    assertTrue(run.err().contains("interpolate"), run.err());
  }

  @Test
  void unknownModel_namesThoseThatShip() {
    CommandRun run = CommandRun.of("text", "no-such-model", "--prompt", "a");
    assertEquals(ExitCode.FAILED, run.exitCode());
    assertTrue(run.err().contains("scripture-gpt"), run.err());
  }

  @Test
  void settingThatIsNoNumber_namesTheOption() {
    CommandRun run = CommandRun.of("text", "scripture-lstm", "--prompt", "a", "--top-k", "many");
    assertEquals(ExitCode.USAGE, run.exitCode());
    assertTrue(run.err().contains("--top-k"), run.err());
  }

  @Test
  void deviceThatCannotStart_saysWhatIsMissing() {
    CommandRun run = CommandRun.of("text", "scripture-lstm", "--prompt", "a", "--device", "cuda");
    assertEquals(ExitCode.FAILED, run.exitCode());
    assertTrue(run.err().contains("CUDA"), run.err());
  }

  @Test
  void streamWithJson_isRefused() {
    CommandRun run = CommandRun.of("text", "scripture-lstm", "--stream", "--json");
    assertEquals(ExitCode.USAGE, run.exitCode());
    assertTrue(run.err().contains("--stream"), run.err());
  }
}
