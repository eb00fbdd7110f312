package dev.sampo.imaging;

import dev.sampo.error.RequestException;
import dev.sampo.io.AtomicFile;
import dev.sampo.tune.Tune;
import dev.sampo.tune.TuneNote;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import javax.sound.midi.InvalidMidiDataException;
import javax.sound.midi.MetaMessage;
import javax.sound.midi.MidiEvent;
import javax.sound.midi.MidiMessage;
import javax.sound.midi.MidiSystem;
import javax.sound.midi.Sequence;
import javax.sound.midi.ShortMessage;
import javax.sound.midi.Track;

/** Writes tunes as standard MIDI files of one track, by {@code javax.sound.midi}; no sound device is needed. */
public final class MidiFiles {
  /** General MIDI's program of {@link #write(Path, Tune)}: an acoustic guitar with nylon strings. */
  public static final int GUITAR = 24;

  private static final int VELOCITY = 88;
  private static final int TITLE = 0x03;
  private static final int TEMPO = 0x51;
  private static final int METER = 0x58;

  /** The slowest tempo that a file can hold, in microseconds a quarter: three bytes. */
  private static final int SLOWEST = 0xffffff;

  private MidiFiles() {}

  /** Writes a tune for a guitar, whole or not at all; tempos below 4 quarters a minute as 3.58, the slowest that MIDI has. */
  public static void write(Path file, Tune tune) throws IOException {
    write(file, tune, GUITAR);
  }

  /**
   * Writes a tune, whole or not at all.
   *
   * @param program General MIDI's instrument, 0 to 127
   */
  public static void write(Path file, Tune tune, int program) throws IOException {
    if (program < 0 || program > 127) {
      throw new RequestException("program", "program lies between 0 and 127, got " + program + ".");
    }
    Sequence sequence = sequence(tune, program);
    AtomicFile.write(file, out -> MidiSystem.write(sequence, 0, out));
  }

  private static Sequence sequence(Tune tune, int program) {
    try {
      Sequence sequence = new Sequence(Sequence.PPQ, Tune.TICKS_PER_WHOLE / 4);
      Track track = sequence.createTrack();
      add(track, 0, meta(TITLE, tune.title().getBytes(StandardCharsets.UTF_8)));
      int micros = Math.min(SLOWEST, 60_000_000 / tune.quartersPerMinute());
      add(track, 0, meta(TEMPO, (byte) (micros >> 16), (byte) (micros >> 8), (byte) micros));
      int power = Integer.numberOfTrailingZeros(tune.meter().unit());
      add(track, 0, meta(METER, (byte) tune.meter().beats(), (byte) power, (byte) 24, (byte) 8));
      add(track, 0, new ShortMessage(ShortMessage.PROGRAM_CHANGE, 0, program, 0));
      for (TuneNote note : tune.notes()) {
        add(
            track,
            note.startTick(),
            new ShortMessage(ShortMessage.NOTE_ON, 0, note.pitch(), VELOCITY));
        add(
            track,
            note.startTick() + note.ticks(),
            new ShortMessage(ShortMessage.NOTE_OFF, 0, note.pitch(), 0));
      }
      return sequence;
    } catch (InvalidMidiDataException e) {
      throw new IllegalStateException("A tune holds what MIDI has no number for", e);
    }
  }

  private static MidiMessage meta(int type, byte... data) throws InvalidMidiDataException {
    return new MetaMessage(type, data, data.length);
  }

  private static void add(Track track, long tick, MidiMessage message) {
    if (!track.add(new MidiEvent(message, tick))) {
      throw new IllegalStateException("The event at " + tick + " is there already");
    }
  }
}
