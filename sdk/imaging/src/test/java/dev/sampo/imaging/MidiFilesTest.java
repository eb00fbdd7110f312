package dev.sampo.imaging;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.sampo.error.RequestException;
import dev.sampo.tune.Tune;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.sound.midi.MidiEvent;
import javax.sound.midi.MidiSystem;
import javax.sound.midi.Sequence;
import javax.sound.midi.ShortMessage;
import javax.sound.midi.Track;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MidiFilesTest {
  @TempDir private Path folder;

  @Test
  void write_whenTuneHasRepeat_thenFileHoldsItsNotesTwice() throws Exception {
    Tune tune = Tune.parse("T:Two\nM:6/8\nL:1/8\nQ:1/4=100\nK:G\n|:G3 f3:|\n");
    Path file = folder.resolve("two.mid");
    MidiFiles.write(file, tune);
    Sequence read = MidiSystem.getSequence(file.toFile());
    assertEquals(480, read.getResolution());
    assertEquals(4_800_000 * 3 / 4 / 2 * 2, read.getMicrosecondLength());
    List<String> notes = new ArrayList<>();
    Track track = read.getTracks()[0];
    for (int i = 0; i < track.size(); i++) {
      MidiEvent event = track.get(i);
      if (event.getMessage() instanceof ShortMessage message
          && message.getCommand() == ShortMessage.NOTE_ON) {
        notes.add(message.getData1() + "@" + event.getTick());
      }
    }
    assertEquals(List.of("67@0", "78@720", "67@1440", "78@2160"), notes);
    assertArrayEquals(
        new byte[] {(byte) 0xff, 0x58, 4, 6, 3, 24, 8}, track.get(2).getMessage().getMessage());
  }

  @Test
  void write_whenTempoIsSlowerThanMidiHas_thenTheSlowest() throws Exception {
    Path file = folder.resolve("slow.mid");
    MidiFiles.write(file, Tune.parse("L:1/4\nQ:1/4=1\nK:G\nG|"));
    assertEquals(0xffffff, MidiSystem.getSequence(file.toFile()).getMicrosecondLength());
  }

  @Test
  void write_whenNoSuchInstrument_thenRequestAtFault() {
    Tune tune = Tune.parse("K:G\nG|");
    RequestException e =
        assertThrows(
            RequestException.class, () -> MidiFiles.write(folder.resolve("x.mid"), tune, 128));
    assertEquals("program", e.option());
  }
}
