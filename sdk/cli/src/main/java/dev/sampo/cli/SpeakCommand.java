package dev.sampo.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sampo.error.CancelledException;
import dev.sampo.error.RequestException;
import dev.sampo.model.ModelFolder;
import dev.sampo.sound.SpeechPipeline;
import dev.sampo.sound.SpeechRequest;
import dev.sampo.sound.SpeechResult;
import dev.sampo.sound.Utterance;
import dev.sampo.sound.Wav;
import java.io.BufferedReader;
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

/** {@code sampo speak}: text to speech. */
@Command(
    name = "speak",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Text to speech, from a VITS or SpeechT5 folder as Optimum exports it.",
    footer = {"", "Example: sampo speak mms-tts-eng --text \"the old lighthouse\" --out said.wav"})
final class SpeakCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private CommonOptions common = new CommonOptions();

  @Parameters(
      index = "0",
      paramLabel = "MODEL",
      description = "A folder with a VITS or SpeechT5 model.")
  private String model = "";

  @Option(
      names = "--text",
      paramLabel = "TEXT",
      description = "What to say; repeatable, a sound each. '-' reads lines of stdin.")
  private List<String> texts = new ArrayList<>();

  @Option(
      names = "--phonemes",
      paramLabel = "TEXT",
      description = "What to say in the phonemes of the model's vocabulary; repeatable.")
  private List<String> phonemes = new ArrayList<>();

  @Option(
      names = "--ids",
      paramLabel = "N,N...",
      description = "Ids in place of a text; repeatable.")
  private List<String> ids = new ArrayList<>();

  @Option(names = "--speaker", paramLabel = "N", description = "VITS: which speaker, from 0.")
  private @Nullable Integer speaker;

  @Option(
      names = "--speaker-embedding",
      paramLabel = "FILE.npy",
      description = "SpeechT5: the vector of the speaker.")
  private @Nullable Path speakerEmbedding;

  @Option(
      names = "--speaking-rate",
      paramLabel = "X",
      description = "VITS: above 1 faster, below 1 slower.")
  private @Nullable Double speakingRate;

  @Option(
      names = "--noise-scale",
      paramLabel = "X",
      description = "VITS: how much the sound varies; 0: not at all.")
  private @Nullable Double noiseScale;

  @Option(
      names = "--noise-scale-duration",
      paramLabel = "X",
      description = "VITS: how much the rhythm varies; 0: not at all.")
  private @Nullable Double noiseScaleDuration;

  @Option(
      names = "--threshold",
      paramLabel = "X",
      defaultValue = "0.5",
      description = "SpeechT5: how probable the end has to be. Default: ${DEFAULT-VALUE}.")
  private double threshold = 0.5;

  @Option(
      names = "--max-length-ratio",
      paramLabel = "X",
      defaultValue = "20",
      description = "SpeechT5: frames an id at most. Default: ${DEFAULT-VALUE}.")
  private double maxLengthRatio = 20;

  @Option(
      names = "--min-length-ratio",
      paramLabel = "X",
      defaultValue = "0",
      description = "SpeechT5: frames an id at least. Default: ${DEFAULT-VALUE}.")
  private double minLengthRatio;

  @Option(
      names = "--out",
      paramLabel = "FILE.wav",
      defaultValue = "speech.wav",
      description = "Where to write. Default: ${DEFAULT-VALUE}.")
  private Path out = Path.of("speech.wav");

  SpeakCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    SoundFiles.requireWav(out);
    if (texts.isEmpty() && phonemes.isEmpty() && ids.isEmpty()) {
      throw new UsageException("Nothing to say: give --text, --phonemes or --ids.");
    }
    ModelFolder folder = common.open(ShippedModels.ofHome().resolve(model));
    try (SpeechPipeline voice =
            Commands.open(folder, common.sessionConfig(), SpeechPipeline.class, "speak");
        LateBar bar = new LateBar(console, "speak")) {
      try {
        write(voice.speak(request(bar)));
        return ExitCode.OK;
      } catch (RequestException e) {
        throw new UsageException(String.valueOf(e.getMessage()), e);
      } catch (CancelledException e) {
        SpeechResult partial = e.partial(SpeechResult.class);
        if (partial != null && !partial.utterances().isEmpty()) {
          write(partial);
        }
        throw e;
      }
    }
  }

  private SpeechRequest request(LateBar bar) throws IOException {
    SpeechRequest.Builder request =
        SpeechRequest.builder()
            .texts(allTexts())
            .phonemes(phonemes)
            .inputIds(allIds())
            .speaker(speaker)
            .speakingRate(speakingRate)
            .noiseScale(noiseScale)
            .noiseScaleDuration(noiseScaleDuration)
            .threshold(threshold)
            .minLengthRatio(minLengthRatio)
            .maxLengthRatio(maxLengthRatio)
            .seed(common.seed())
            .progress(bar)
            .cancellation(console.cancellation());
    if (speakerEmbedding != null) {
      request.speakerEmbedding(SoundFiles.npy(speakerEmbedding).toFloats());
    }
    return request.build();
  }

  private List<String> allTexts() throws IOException {
    List<String> all = new ArrayList<>();
    for (String text : texts) {
      if (!text.equals("-")) {
        all.add(text);
        continue;
      }
      try (BufferedReader reader = console.in()) {
        for (String line = reader.readLine(); line != null; line = reader.readLine()) {
          if (!line.isBlank()) {
            all.add(line);
          }
        }
      }
    }
    return all;
  }

  private List<int[]> allIds() {
    List<int[]> rows = new ArrayList<>();
    for (String list : ids) {
      String[] parts = list.split(",", -1);
      int[] row = new int[parts.length];
      for (int i = 0; i < row.length; i++) {
        try {
          row[i] = Integer.parseInt(parts[i].trim());
        } catch (NumberFormatException e) {
          throw new UsageException("--ids wants whole numbers with commas, got '" + list + "'", e);
        }
      }
      rows.add(row);
    }
    return rows;
  }

  private void write(SpeechResult said) throws IOException {
    Outputs outputs = new Outputs();
    List<Wav> sounds = new ArrayList<>();
    for (Utterance one : said.utterances()) {
      sounds.add(one.wav());
    }
    SoundFiles.write(outputs, out, sounds);
    if (common.json()) {
      ObjectNode document = outputs.toJson(model, said.seed(), sounds.size());
      document.put("sample_rate", said.sampleRateHz());
      SoundFiles.timing(document, said.timings());
      console.json(document);
    } else {
      outputs.files().forEach(f -> console.out().println(f));
      console.note("seed " + said.seed());
    }
  }
}
