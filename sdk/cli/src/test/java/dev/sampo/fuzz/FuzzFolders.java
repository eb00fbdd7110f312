package dev.sampo.fuzz;

import dev.sampo.Model;
import dev.sampo.Sampo;
import dev.sampo.diffusion.DiffusionPipeline;
import dev.sampo.diffusion.DiffusionRequest;
import dev.sampo.diffusion.staged.CascadePipeline;
import dev.sampo.diffusion.staged.StagedRequest;
import dev.sampo.diffusion.staged.UnClipPipeline;
import dev.sampo.embedding.ClipModel;
import dev.sampo.embedding.FillMask;
import dev.sampo.embedding.TextEncoder;
import dev.sampo.picture.AutoencoderPipeline;
import dev.sampo.picture.ImageToImagePipeline;
import dev.sampo.picture.PictureBatch;
import dev.sampo.picture.PictureModel;
import dev.sampo.picture.PictureRequest;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.series.ForecastPipeline;
import dev.sampo.series.ForecastRequest;
import dev.sampo.sound.MusicPipeline;
import dev.sampo.sound.MusicRequest;
import dev.sampo.sound.SpeechPipeline;
import dev.sampo.sound.SpeechRequest;
import dev.sampo.sound.WaveNetPipeline;
import dev.sampo.sound.WaveNetRequest;
import dev.sampo.stroke.HandwritingPipeline;
import dev.sampo.stroke.HandwritingRequest;
import dev.sampo.text.GenerationRequest;
import dev.sampo.text.TextGenerator;
import dev.sampo.video.VideoPipeline;
import dev.sampo.video.VideoRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Whole folders of models with one file damaged, opened and used for as little as can be asked. An input is two bytes, which say folder and file, and
 * what stands in that file. Graphs stay as they are: what they do is ONNX Runtime's.
 */
final class FuzzFolders {
  private static final long MAX_FOLDER_BYTES = 2_500_000;
  private static final long MAX_FILE_BYTES = 60_000;

  /** Long enough for each that is whole; what a damaged file asks for beyond it is cancelled as a user would. */
  private static final long PATIENCE_MILLIS = 20_000;

  private static final Pattern READ = Pattern.compile(".*\\.(json|txt|model|jinja|npy)");
  private static final SessionConfig ONE_THREAD = SessionConfig.builder().intraOpThreads(1).build();
  private static List<Place> places;

  /** A file of a folder, relative to it. */
  private record Place(Path folder, Path file) {
    byte[] whole() throws IOException {
      return Files.readAllBytes(folder.resolve(file));
    }
  }

  private FuzzFolders() {}

  /** Each file as it is. */
  static List<byte[]> seeds() throws IOException {
    List<byte[]> seeds = new ArrayList<>();
    for (int i = 0; i < places().size(); i++) {
      byte[] whole = places().get(i).whole();
      byte[] seed = new byte[whole.length + 2];
      seed[0] = (byte) (i >> 8);
      seed[1] = (byte) i;
      System.arraycopy(whole, 0, seed, 2, whole.length);
      seeds.add(seed);
    }
    return seeds;
  }

  static void read(byte[] input, Path scratch) throws IOException {
    if (input.length < 2) {
      return;
    }
    Place place = places().get(((input[0] & 0xff) << 8 | (input[1] & 0xff)) % places().size());
    Path file = copied(place.folder(), scratch).resolve(place.file());
    Files.write(file, Arrays.copyOfRange(input, 2, input.length));
    CancellationToken patience = new CancellationToken();
    Thread clock = clock(patience);
    try (Model model = Sampo.open(copied(place.folder(), scratch), ONE_THREAD)) {
      use(model, patience);
    } finally {
      clock.interrupt();
      Files.write(file, place.whole());
    }
  }

  private static Thread clock(CancellationToken token) {
    Thread clock =
        new Thread(
            () -> {
              try {
                Thread.sleep(PATIENCE_MILLIS);
                token.cancel();
              } catch (InterruptedException done) {
                // The model was quick.
              }
            });
    clock.setDaemon(true);
    clock.start();
    return clock;
  }

  private static void use(Model model, CancellationToken token) {
    if (model instanceof TextGenerator text) {
      GenerationConfig few = text.generationConfig().toBuilder().maxNewTokens(2).build();
      text.generate(
          GenerationRequest.builder()
              .promptIds(1, 2)
              .config(few)
              .seed(1)
              .cancellation(token)
              .build());
    } else if (model instanceof TextEncoder encoder) {
      encoder.embed("a");
    } else if (model instanceof FillMask fill) {
      fill.fill("a [MASK]", 1);
    } else if (model instanceof ClipModel clip) {
      clip.embedTexts(List.of("a"));
    } else if (model instanceof ForecastPipeline forecast) {
      float[][] history = new float[64][forecast.channels()];
      forecast.forecast(
          ForecastRequest.builder(history)
              .firstDay(forecast.takesDays() ? LocalDate.of(2020, 1, 1) : null)
              .horizon(1)
              .paths(2)
              .seed(1)
              .cancellation(token)
              .build());
    } else if (model instanceof HandwritingPipeline writing) {
      writing.write(
          HandwritingRequest.builder().count(1).maxPoints(3).seed(1).cancellation(token).build());
    } else if (!useSounds(model, token) && !useDiffusion(model, token)) {
      usePictures(model, token);
    }
  }

  private static boolean useSounds(Model model, CancellationToken token) {
    if (model instanceof MusicPipeline music) {
      music.compose(
          MusicRequest.builder().texts("a").maxNewTokens(4).seed(1).cancellation(token).build());
    } else if (model instanceof SpeechPipeline speech) {
      speech.speak(
          SpeechRequest.builder()
              .texts("ab")
              .maxLengthRatio(2)
              .seed(1)
              .cancellation(token)
              .build());
    } else if (model instanceof WaveNetPipeline waves) {
      waves.sample(
          WaveNetRequest.builder().count(1).numSamples(3).seed(1).cancellation(token).build());
    } else {
      return false;
    }
    return true;
  }

  private static boolean useDiffusion(Model model, CancellationToken token) {
    if (model instanceof DiffusionPipeline diffusion) {
      DiffusionRequest.Builder request =
          DiffusionRequest.builder().numInferenceSteps(2).seed(1).cancellation(token);
      if (diffusion.takesText()) {
        request.prompt("a");
      }
      diffusion.generate(request.build());
    } else if (model instanceof VideoPipeline video) {
      video.generate(
          VideoRequest.builder()
              .prompt("a")
              .numInferenceSteps(1)
              .size(32, 32)
              .seed(1)
              .cancellation(token)
              .build());
    } else if (model instanceof CascadePipeline cascade) {
      cascade.generate(staged(token).build());
    } else if (model instanceof UnClipPipeline unclip) {
      unclip.generate(staged(token).size(64, 64).build());
    } else {
      return false;
    }
    return true;
  }

  private static StagedRequest.Builder staged(CancellationToken token) {
    return StagedRequest.builder().prompt("a").numInferenceSteps(2, 2).seed(1).cancellation(token);
  }

  private static void usePictures(Model model, CancellationToken token) {
    if (model instanceof PictureModel pictures) {
      pictures.sample(PictureRequest.builder().count(1).seed(1).cancellation(token).build());
    }
    if (model instanceof ImageToImagePipeline other) {
      other.run(PictureBatch.of(1, 3, 8, 8, new float[3 * 8 * 8]));
    } else if (model instanceof AutoencoderPipeline coder) {
      coder.encode(PictureBatch.of(1, 1, 28, 28, new float[28 * 28]));
    }
  }

  // ---- folders

  private static Path copied(Path folder, Path scratch) throws IOException {
    Path copy =
        scratch
            .resolve("folders")
            .resolve(folder.getFileName() + "-" + Integer.toHexString(folder.hashCode()));
    if (!Files.isDirectory(copy)) {
      for (Path file : files(folder)) {
        Path to = copy.resolve(folder.relativize(file).toString());
        Files.createDirectories(to.getParent());
        Files.copy(file, to);
      }
    }
    return copy;
  }

  private static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(Files::isRegularFile).sorted().collect(Collectors.toList());
    }
  }

  private static synchronized List<Place> places() throws IOException {
    if (places == null) {
      List<Place> found = new ArrayList<>();
      for (String root : System.getProperty("sampo.fuzz.models").split(":", -1)) {
        find(Path.of(root), found);
      }
      places = found;
    }
    return places;
  }

  private static void find(Path folder, List<Place> found) throws IOException {
    if (isModel(folder)) {
      long size = 0;
      for (Path file : files(folder)) {
        size += Files.size(file);
      }
      if (size > MAX_FOLDER_BYTES) {
        return;
      }
      for (Path file : files(folder)) {
        if (READ.matcher(file.getFileName().toString()).matches()
            && Files.size(file) <= MAX_FILE_BYTES) {
          found.add(new Place(folder, folder.relativize(file)));
        }
      }
      return;
    }
    List<Path> inside;
    try (Stream<Path> all = Files.list(folder)) {
      inside = all.filter(Files::isDirectory).sorted().collect(Collectors.toList());
    }
    for (Path each : inside) {
      find(each, found);
    }
  }

  private static boolean isModel(Path folder) throws IOException {
    for (String name :
        List.of(
            "model_index.json", "sampo.json", "config.json", "onnx", "stage_1", "prior/prior")) {
      if (Files.exists(folder.resolve(name))) {
        return true;
      }
    }
    try (Stream<Path> all = Files.list(folder)) {
      return all.anyMatch(file -> file.toString().endsWith(".onnx"));
    }
  }
}
