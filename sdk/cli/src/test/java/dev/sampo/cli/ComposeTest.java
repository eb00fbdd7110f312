package dev.sampo.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sampo.sound.Wav;
import dev.sampo.tune.Tune;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.sound.midi.InvalidMidiDataException;
import javax.sound.midi.MidiSystem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code sampo compose} with the net that ships. */
class ComposeTest {
  @TempDir private Path folder;

  @Test
  void compose_whenThreeFiles_thenTheyHoldTheSameTune()
      throws IOException, InvalidMidiDataException {
    Path abc = folder.resolve("w.abc");
    Path midi = folder.resolve("w.mid");
    Path wav = folder.resolve("w.wav");
    CommandRun run =
        CommandRun.of(
            "compose",
            "tunes-lstm",
            "--dance",
            "waltz",
            "--key",
            "D",
            "--bars",
            "4",
            "--seed",
            "1",
            "--json",
            "--out",
            abc.toString(),
            "--out",
            midi.toString(),
            "--out",
            wav.toString());
    assertEquals(ExitCode.OK, run.exitCode(), run.err());
    JsonNode tune = new ObjectMapper().readTree(run.out()).path("tunes").path(0);
    assertEquals(8, tune.path("bars_that_add_up").asInt(), run.out());
    assertEquals(Files.readString(abc), tune.path("abc").asText());
    double seconds = Tune.parse(Files.readString(abc)).seconds();
    assertEquals(seconds, MidiSystem.getSequence(midi.toFile()).getMicrosecondLength() / 1e6, 0.01);
    assertEquals(seconds + 0.8, Wav.read(wav).durationSeconds(), 0.01);
  }

  @Test
  void compose_whenOneFileIsThere_thenItStays() throws IOException {
    Path there = Files.writeString(folder.resolve("mine.abc"), "mine");
    String other = folder.resolve("other.mid").toString();
    CommandRun run =
        CommandRun.of("compose", "tunes-lstm", "--out", other, "--out", there.toString());
    assertEquals(ExitCode.FAILED, run.exitCode());
    assertTrue(run.err().contains("--force"), run.err());
    assertEquals("mine", Files.readString(there));
  }

  @Test
  void compose_whenOptionCannotBe_thenWrongUsage() {
    CommandRun dance = CommandRun.of("compose", "tunes-lstm", "--dance", "tango");
    assertEquals(ExitCode.USAGE, dance.exitCode());
    assertTrue(dance.err().contains("jig, slip jig, reel"), dance.err());
    CommandRun ending = CommandRun.of("compose", "tunes-lstm", "--out", "x.pdf");
    assertEquals(ExitCode.USAGE, ending.exitCode());
  }
}
