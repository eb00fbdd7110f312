package dev.sampo.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.Timings;
import dev.sampo.io.NpyArray;
import dev.sampo.sound.Wav;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Writes sounds: one under the name given, several with their number before the ending. */
final class SoundFiles {
  private SoundFiles() {}

  static void requireWav(Path out) {
    if (!Outputs.ending(out).equals("wav")) {
      throw new UsageException("--out is '" + out + "'; sounds are written as .wav");
    }
  }

  static void write(Outputs outputs, Path out, List<Wav> sounds) throws IOException {
    Outputs.makeFolder(out);
    for (int i = 0; i < sounds.size(); i++) {
      Path file = sounds.size() == 1 ? out : numbered(out, i);
      sounds.get(i).write(file);
      outputs.wrote(file);
    }
  }

  static Path numbered(Path out, int i) {
    String name = String.valueOf(out.getFileName());
    int dot = name.lastIndexOf('.');
    return out.resolveSibling(name.substring(0, dot) + "-" + i + name.substring(dot));
  }

  static NpyArray npy(Path file) {
    try {
      return NpyArray.read(file);
    } catch (IOException e) {
      throw new UsageException(file + " cannot be read: " + e.getMessage(), e);
    }
  }

  static void timing(ObjectNode document, Timings timings) {
    document
        .putObject("timing")
        .put("load_ms", timings.loadMillis())
        .put("prefill_ms", timings.prefillMillis())
        .put("decode_ms", timings.loopMillis())
        .put("steps_per_second", timings.stepsPerSecond());
  }
}
