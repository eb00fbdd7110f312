package dev.sampo.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.error.CancelledException;
import dev.sampo.error.RequestException;
import dev.sampo.io.NpyArray;
import dev.sampo.model.ModelFolder;
import dev.sampo.sound.MusicPipeline;
import dev.sampo.sound.MusicRequest;
import dev.sampo.sound.MusicResult;
import dev.sampo.sound.Wav;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code sampo audio}: music by text. */
@Command(
    name = "audio",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Music by text, from a MusicGen folder as Optimum exports it.",
    footer = {
      "",
      "Example: sampo audio musicgen-small --prompt \"a slow piano piece\" --duration 8 --out piano.wav"
    })
final class AudioCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private CommonOptions common = new CommonOptions();

  @Parameters(index = "0", paramLabel = "MODEL", description = "A folder with a MusicGen model.")
  private String model = "";

  @Option(
      names = "--prompt",
      paramLabel = "TEXT",
      description = "What the music is to be like; repeatable, a sound each. Without: unprompted.")
  private List<String> prompts = new ArrayList<>();

  @Option(
      names = "--count",
      paramLabel = "N",
      defaultValue = "1",
      description = "How many sounds without a prompt. Default: ${DEFAULT-VALUE}.")
  private int count = 1;

  @Option(names = "--duration", paramLabel = "SECONDS", description = "How long the sound is.")
  private @Nullable Double duration;

  @Option(
      names = "--max-new-tokens",
      paramLabel = "N",
      description = "Steps of the decoder, in place of --duration.")
  private @Nullable Integer maxNewTokens;

  @Option(
      names = "--guidance-scale",
      paramLabel = "X",
      description = "How closely the prompt is followed; 1 is without guidance.")
  private @Nullable Double guidanceScale;

  @Option(
      names = "--do-sample",
      negatable = true,
      fallbackValue = "true",
      arity = "0",
      description = "Draw, or take the likeliest code every time (--no-do-sample).")
  private @Nullable Boolean doSample;

  @Option(names = "--temperature", paramLabel = "X", description = "Divides the scores of a draw.")
  private @Nullable Double temperature;

  @Option(names = "--top-k", paramLabel = "N", description = "Draw among the N best; 0: all.")
  private @Nullable Integer topK;

  @Option(
      names = "--top-p",
      paramLabel = "X",
      description = "Draw among the best that have this share of the probability.")
  private @Nullable Double topP;

  @Option(
      names = "--init-codes",
      paramLabel = "FILE.npy",
      description = "Codes [count, codebooks, frames] to go on from, as --codes writes them.")
  private @Nullable Path initCodes;

  @Option(
      names = "--codes",
      paramLabel = "FILE.npy",
      description = "Where to write the codes, [count, codebooks, frames].")
  private @Nullable Path codes;

  @Option(
      names = "--out",
      paramLabel = "FILE.wav",
      defaultValue = "audio.wav",
      description = "Where to write. Default: ${DEFAULT-VALUE}. Stereo becomes its mean.")
  private Path out = Path.of("audio.wav");

  AudioCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    SoundFiles.requireWav(out);
    ModelFolder folder = common.open(ShippedModels.ofHome().resolve(model));
    try (MusicPipeline music =
            Commands.open(folder, common.sessionConfig(), MusicPipeline.class, "audio");
        LateBar bar = new LateBar(console, "audio")) {
      try {
        write(music.compose(request(bar)));
        return ExitCode.OK;
      } catch (RequestException e) {
        throw new UsageException(String.valueOf(e.getMessage()), e);
      } catch (CancelledException e) {
        MusicResult partial = e.partial(MusicResult.class);
        if (partial != null) {
          write(partial);
        }
        throw e;
      }
    }
  }

  private MusicRequest request(LateBar bar) {
    return MusicRequest.builder()
        .texts(prompts)
        .count(count)
        .codes(start())
        .durationSeconds(duration)
        .maxNewTokens(maxNewTokens)
        .guidanceScale(guidanceScale)
        .doSample(doSample)
        .temperature(temperature)
        .topK(topK)
        .topP(topP)
        .seed(common.seed())
        .progress(bar)
        .cancellation(console.cancellation())
        .build();
  }

  private List<int[][]> start() {
    List<int[][]> sounds = new ArrayList<>();
    if (initCodes == null) {
      return sounds;
    }
    NpyArray array = SoundFiles.npy(initCodes);
    long[] shape = array.shape();
    if (shape.length != 3) {
      throw new UsageException("--init-codes wants an array [count, codebooks, frames].");
    }
    long[] values = array.toLongs();
    int frames = (int) shape[2];
    for (int s = 0; s < shape[0]; s++) {
      int[][] rows = new int[(int) shape[1]][frames];
      for (int k = 0; k < rows.length; k++) {
        for (int f = 0; f < frames; f++) {
          rows[k][f] = (int) values[(s * rows.length + k) * frames + f];
        }
      }
      sounds.add(rows);
    }
    return sounds;
  }

  private void write(MusicResult made) throws IOException {
    Outputs outputs = new Outputs();
    List<Wav> sounds = new ArrayList<>();
    for (int i = 0; i < made.count(); i++) {
      sounds.add(made.wav(i));
    }
    SoundFiles.write(outputs, out, sounds);
    if (codes != null) {
      Outputs.makeFolder(codes);
      array(made.codes()).write(codes);
      outputs.wrote(codes);
    }
    if (common.json()) {
      float[][] first = made.samples()[0];
      ObjectNode document =
          outputs.toJson(model, made.seed(), made.count(), first.length, first[0].length);
      document.put("sample_rate", made.sampleRateHz());
      SoundFiles.timing(document, made.timings());
      console.json(document);
    } else {
      outputs.files().forEach(f -> console.out().println(f));
      console.note("seed " + made.seed());
    }
  }

  private static NpyArray array(int[][][] codes) {
    int rows = codes[0].length;
    int frames = codes[0][0].length;
    long[] flat = new long[codes.length * rows * frames];
    for (int s = 0; s < codes.length; s++) {
      for (int k = 0; k < rows; k++) {
        for (int f = 0; f < frames; f++) {
          flat[(s * rows + k) * frames + f] = codes[s][k][f];
        }
      }
    }
    return NpyArray.ofLongs(flat, codes.length, rows, frames);
  }
}
