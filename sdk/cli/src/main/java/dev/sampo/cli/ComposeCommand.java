package dev.sampo.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.error.CancelledException;
import dev.sampo.error.RequestException;
import dev.sampo.imaging.MidiFiles;
import dev.sampo.io.AtomicFile;
import dev.sampo.text.TextGenerator;
import dev.sampo.tune.Dance;
import dev.sampo.tune.PluckedStrings;
import dev.sampo.tune.Tune;
import dev.sampo.tune.TuneComposer;
import dev.sampo.tune.TuneRequest;
import dev.sampo.tune.TuneResult;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code sampo compose}: tunes in ABC notation, and as they sound. */
@Command(
    name = "compose",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Writes a tune whose bars add up: as ABC notation, MIDI and WAV.",
    footer = {
      "",
      "Example: sampo compose tunes-lstm --dance reel --key D --out reel.abc --out reel.wav"
    })
final class ComposeCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private CommonOptions common = new CommonOptions();

  @Parameters(
      index = "0",
      paramLabel = "MODEL",
      description = "Name of a model that writes ABC notation, or a folder.")
  private String model = "";

  @Option(
      names = "--dance",
      paramLabel = "NAME",
      defaultValue = "jig",
      description = "jig, slip-jig, reel, polka or waltz. Default: ${DEFAULT-VALUE}.")
  private String dance = "jig";

  @Option(
      names = "--key",
      paramLabel = "KEY",
      defaultValue = "G",
      description = "The key, such as D or Em. Default: ${DEFAULT-VALUE}.")
  private String key = "G";

  @Option(
      names = "--parts",
      paramLabel = "N",
      defaultValue = "2",
      description = "Parts, each repeated. Default: ${DEFAULT-VALUE}.")
  private int parts = 2;

  @Option(
      names = "--bars",
      paramLabel = "N",
      defaultValue = "8",
      description = "Bars of a part. Default: ${DEFAULT-VALUE}.")
  private int bars = 8;

  @Option(
      names = "--count",
      paramLabel = "N",
      defaultValue = "1",
      description = "How many tunes. Default: ${DEFAULT-VALUE}.")
  private int count = 1;

  @Option(
      names = "--temperature",
      paramLabel = "X",
      defaultValue = "0.8",
      description = "How wild. Default: ${DEFAULT-VALUE}.")
  private double temperature = 0.8;

  @Option(
      names = "--top-p",
      paramLabel = "X",
      defaultValue = "1",
      description = "Draws among the likeliest signs of this share. Default: all.")
  private double topP = 1;

  @Option(
      names = "--no-grammar",
      description = "Lets the model write what it likes; bars need not add up.")
  private boolean noGrammar;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description =
          "Where to write: .abc (all tunes in one file), .mid or .wav (a numbered file each);"
              + " repeatable. Without it the notes are printed.")
  private List<Path> out = new ArrayList<>();

  ComposeCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    for (Path file : out) {
      String ending = Outputs.ending(file);
      if (!ending.equals("abc") && !ending.equals("mid") && !ending.equals("wav")) {
        throw new UsageException(
            "--out is '" + file + "'; tunes are written as .abc, .mid or .wav");
      }
    }
    TuneRequest request = request();
    try (TextGenerator generator =
        Commands.open(
            common.open(ShippedModels.ofHome().resolve(model)),
            common.sessionConfig(),
            TextGenerator.class,
            "text")) {
      try {
        report(TuneComposer.with(generator).compose(request));
        return ExitCode.OK;
      } catch (CancelledException e) {
        TuneResult partial = e.partial(TuneResult.class);
        if (partial != null) {
          partial.abc().forEach(console.out()::println);
        }
        throw e;
      }
    }
  }

  private TuneRequest request() {
    try {
      return TuneRequest.builder()
          .dance(Dance.of(dance))
          .key(key)
          .parts(parts)
          .bars(bars)
          .count(count)
          .temperature(temperature)
          .topP(topP)
          .grammar(!noGrammar)
          .seed(common.seed())
          .cancellation(console.cancellation())
          .build();
    } catch (RequestException e) {
      throw new UsageException(String.valueOf(e.getMessage()), e);
    }
  }

  private void report(TuneResult result) throws IOException {
    Outputs outputs = new Outputs();
    for (Path file : out) {
      Outputs.makeFolder(file);
      write(outputs, file, result);
    }
    if (common.json()) {
      console.json(document(outputs, result));
      return;
    }
    if (out.isEmpty()) {
      console.out().print(String.join("\n", result.abc()));
    }
    outputs.files().forEach(console.out()::println);
    console.note("seed " + result.seed());
  }

  private static void write(Outputs outputs, Path file, TuneResult result) throws IOException {
    if (Outputs.ending(file).equals("abc")) {
      byte[] bytes = String.join("\n", result.abc()).getBytes(StandardCharsets.UTF_8);
      AtomicFile.write(file, stream -> stream.write(bytes));
      outputs.wrote(file);
      return;
    }
    int n = result.abc().size();
    for (int i = 0; i < n; i++) {
      Path one = n == 1 ? file : SoundFiles.numbered(file, i);
      Tune tune = result.tune(i);
      if (Outputs.ending(file).equals("mid")) {
        MidiFiles.write(one, tune);
      } else {
        PluckedStrings.play(tune).write(one);
      }
      outputs.wrote(one);
    }
  }

  private ObjectNode document(Outputs outputs, TuneResult result) {
    ObjectNode document = JsonNodeFactory.instance.objectNode();
    document.put("model", model).put("seed", result.seed());
    ArrayNode files = document.putArray("files");
    outputs.files().forEach(file -> files.add(file.toString()));
    ArrayNode tunes = document.putArray("tunes");
    for (int i = 0; i < result.abc().size(); i++) {
      ObjectNode node = tunes.addObject().put("abc", result.abc().get(i));
      Tune tune = readable(result, i);
      if (tune != null) {
        node.put("bars", tune.barCount())
            .put("bars_that_add_up", tune.barsThatAddUp())
            .put("seconds", tune.seconds());
      }
    }
    SoundFiles.timing(document, result.timings());
    return document;
  }

  /** Null where the model, left to itself, wrote no tune. */
  private static @Nullable Tune readable(TuneResult result, int index) {
    try {
      return result.tune(index);
    } catch (RequestException e) {
      return null;
    }
  }
}
