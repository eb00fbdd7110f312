package dev.sampo.soak;

import dev.sampo.Model;
import dev.sampo.Sampo;
import dev.sampo.diffusion.DiffusionPipeline;
import dev.sampo.diffusion.DiffusionRequest;
import dev.sampo.picture.AutoencoderPipeline;
import dev.sampo.picture.PictureBatch;
import dev.sampo.picture.PictureModel;
import dev.sampo.picture.PictureRequest;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.samplers.text.GenerationConfig;
import dev.sampo.sound.SoundBatch;
import dev.sampo.sound.WaveNetPipeline;
import dev.sampo.sound.WaveNetRequest;
import dev.sampo.text.GenerationRequest;
import dev.sampo.text.GenerationResult;
import dev.sampo.text.TextGenerator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongUnaryOperator;
import java.util.stream.Stream;

/**
 * Generates with all families from several threads at once for as long as one likes, and opens and closes models: every result has to equal
 * one thread's, and memory and handles have to stay where they are. {@code scripts/soak} runs it; {@link SoakTest} a small one in each build.
 */
public final class Soak {
  private static final int SEEDS = 16;
  private static final SessionConfig ONE_THREAD = SessionConfig.builder().intraOpThreads(1).build();

  /** One kind of generation: seed to a hash of all that came out; {@code every}: one in so many rounds, because it is slow. */
  private record Work(String name, int every, LongUnaryOperator generate) {}

  /** What was measured; memory and handles are 0 where {@code /proc} is missing. */
  record Report(
      long generations,
      long different,
      long residentAtQuarter,
      long residentAtEnd,
      List<String> openAtQuarter,
      List<String> openAtEnd) {
    int handlesAtQuarter() {
      return openAtQuarter.size();
    }

    int handlesAtEnd() {
      return openAtEnd.size();
    }

    /** What is open at the end only. */
    private List<String> newHandles() {
      List<String> more = new ArrayList<>(openAtEnd);
      openAtQuarter.forEach(more::remove);
      return more;
    }

    double growth() {
      return residentAtQuarter == 0 ? 0 : (double) residentAtEnd / residentAtQuarter - 1;
    }

    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "%,d done, %d different, resident %.1f -> %.1f MB (%+.1f %%), handles %d -> %d, new %s",
          generations,
          different,
          residentAtQuarter / 1e6,
          residentAtEnd / 1e6,
          100 * growth(),
          handlesAtQuarter(),
          handlesAtEnd(),
          newHandles());
    }
  }

  private final Path models;
  private final List<Model> open = new ArrayList<>();
  private final List<Work> works = new ArrayList<>();

  private Soak(Path models) {
    this.models = models;
  }

  /** Generations, threads, openings; prints a line for each part. */
  public static void main(String[] args) throws Exception {
    Path models = Path.of(System.getProperty("sampo.home", "."), "exporter-specs", "models");
    long generations = args.length > 0 ? Long.parseLong(args[0]) : 50_000;
    int threads = args.length > 1 ? Integer.parseInt(args[1]) : 8;
    long openings = args.length > 2 ? Long.parseLong(args[2]) : 2_000;
    Report made = generate(models, generations, threads);
    System.out.println("generations on " + threads + " threads: " + made);
    Report opened = openAndClose(models, openings);
    System.out.println("openings and closings: " + opened);
    boolean good =
        made.different() == 0
            && opened.different() == 0
            && made.growth() < 0.03
            && opened.growth() < 0.03
            && made.handlesAtEnd() <= made.handlesAtQuarter()
            && opened.handlesAtEnd() <= opened.handlesAtQuarter();
    System.out.println(good ? "good" : "NOT GOOD");
    System.exit(good ? 0 : 1);
  }

  // ---- generations

  static Report generate(Path models, long generations, int threads) throws Exception {
    Soak soak = new Soak(models);
    try {
      soak.openAll();
      long[][] wanted = soak.alone();
      return soak.together(wanted, generations, threads);
    } finally {
      soak.open.forEach(Model::close);
    }
  }

  private <T extends Model> T model(String name, Class<T> family) {
    T model = Sampo.open(models.resolve(name), ONE_THREAD, family);
    open.add(model);
    return model;
  }

  private void openAll() {
    text("scripture-lstm", "And", config(8).doSample(true).temperature(0.8));
    text("scripture-gpt", "And God", config(4).doSample(true).topK(20));
    text("scripture-gpt", "In the", config(3).numBeams(3));
    text("numbers-en-fr", "twenty-one", config(8));
    for (String name : List.of("digits-gan", "digits-vae", "stylegan-digits")) {
      PictureModel pictures = model(name, PictureModel.class);
      works.add(new Work(name, 1, s -> hash(pictures.sample(PictureRequest.of(s, 1)).pictures())));
    }
    PictureModel slow = model("digits-pixelcnn", PictureModel.class);
    works.add(
        new Work(
            "digits-pixelcnn", 400, s -> hash(slow.sample(PictureRequest.of(s, 1)).pictures())));
    PictureModel gan = model("digits-gan", PictureModel.class);
    AutoencoderPipeline coder = model("digits-autoencoder", AutoencoderPipeline.class);
    works.add(
        new Work(
            "digits-autoencoder",
            1,
            s -> hash(coder.encode(gan.sample(PictureRequest.of(s, 1)).pictures())[0])));
    WaveNetPipeline waves = model("tones-wavenet", WaveNetPipeline.class);
    works.add(new Work("tones-wavenet", 40, s -> hash(sound(waves, s).samples()[0])));
    DiffusionPipeline diffusion = model("digits-diffusion", DiffusionPipeline.class);
    works.add(
        new Work(
            "digits-diffusion",
            20,
            s ->
                hash(
                    diffusion
                        .generate(
                            DiffusionRequest.builder()
                                .seed(s)
                                .classLabel((int) (s % 10))
                                .numInferenceSteps(2)
                                .build())
                        .pictures())));
  }

  private static SoundBatch sound(WaveNetPipeline waves, long seed) {
    return waves.sample(WaveNetRequest.builder().seed(seed).count(1).numSamples(40).build());
  }

  private static GenerationConfig.Builder config(int tokens) {
    return GenerationConfig.builder().maxNewTokens(tokens);
  }

  private void text(String name, String prompt, GenerationConfig.Builder config) {
    TextGenerator generator = model(name, TextGenerator.class);
    GenerationConfig built = config.build();
    works.add(
        new Work(
            name + " " + works.size(),
            1,
            s -> {
              GenerationResult result =
                  generator.generate(
                      GenerationRequest.builder().prompt(prompt).config(built).seed(s).build());
              return Arrays.hashCode(result.prompts().get(0).sequences().get(0).ids());
            }));
  }

  private static long hash(PictureBatch pictures) {
    return hash(pictures.toArray());
  }

  private static long hash(float[] values) {
    long hash = 1;
    for (float value : values) {
      hash = 31 * hash + Float.floatToRawIntBits(value);
    }
    return hash;
  }

  private long[][] alone() {
    long[][] wanted = new long[works.size()][SEEDS];
    for (int w = 0; w < wanted.length; w++) {
      for (int s = 0; s < SEEDS; s++) {
        wanted[w][s] = works.get(w).generate().applyAsLong(s);
      }
    }
    return wanted;
  }

  private Report together(long[][] wanted, long generations, int threads) throws Exception {
    List<int[]> plan = plan();
    AtomicLong next = new AtomicLong();
    AtomicLong different = new AtomicLong();
    Measure measure = new Measure(generations);
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      List<Future<?>> runs = new ArrayList<>();
      for (int t = 0; t < threads; t++) {
        runs.add(
            pool.submit(
                () -> {
                  for (long i = next.getAndIncrement();
                      i < generations;
                      i = next.getAndIncrement()) {
                    int[] what = plan.get((int) (i % plan.size()));
                    int seed = (int) (i / plan.size() + what[1]) % SEEDS;
                    long got = works.get(what[0]).generate().applyAsLong(seed);
                    if (got != wanted[what[0]][seed]) {
                      different.incrementAndGet();
                    }
                    measure.at(i);
                  }
                  return null;
                }));
      }
      for (Future<?> run : runs) {
        run.get();
      }
    } finally {
      pool.shutdownNow();
    }
    return measure.report(generations, different.get());
  }

  /** Kind and shift of the seed of each generation of a round of rounds. */
  private List<int[]> plan() {
    int rounds = works.stream().mapToInt(Work::every).max().orElse(1);
    List<int[]> plan = new ArrayList<>();
    for (int round = 0; round < rounds; round++) {
      for (int w = 0; w < works.size(); w++) {
        if (round % works.get(w).every() == 0) {
          plan.add(new int[] {w, round});
        }
      }
    }
    return plan;
  }

  // ---- openings

  static Report openAndClose(Path models, long openings) throws IOException {
    Measure measure = new Measure(openings);
    long different = 0;
    long wanted = 0;
    for (long i = 0; i < openings; i++) {
      long got;
      try (TextGenerator text = TextGenerator.open(models.resolve("scripture-lstm"), ONE_THREAD);
          PictureModel picture =
              Sampo.open(models.resolve("digits-gan"), ONE_THREAD, PictureModel.class)) {
        GenerationRequest request =
            GenerationRequest.builder().prompt("And").config(config(2).build()).seed(1).build();
        got =
            31L * Arrays.hashCode(text.generate(request).prompts().get(0).sequences().get(0).ids())
                + hash(picture.sample(PictureRequest.of(1, 1)).pictures());
      }
      wanted = i == 0 ? got : wanted;
      different += got == wanted ? 0 : 1;
      measure.at(i);
    }
    return measure.report(openings, different);
  }

  // ---- memory

  /** Looks at the process after a quarter and at the end. */
  private static final class Measure {
    private static final int LOOKS = 5;
    private final long quarter;
    private long residentAtQuarter;
    private List<String> openAtQuarter = List.of();

    Measure(long total) {
      quarter = total / 4;
    }

    synchronized void at(long index) throws IOException {
      if (index == quarter) {
        collect();
        residentAtQuarter = resident();
        openAtQuarter = handles();
      }
    }

    Report report(long generations, long different) throws IOException {
      collect();
      return new Report(
          generations, different, residentAtQuarter, resident(), openAtQuarter, handles());
    }

    private static void collect() {
      System.gc();
      System.runFinalization();
      System.gc();
    }

    private static long resident() throws IOException {
      Path status = Path.of("/proc/self/status");
      if (!Files.exists(status)) {
        return 0;
      }
      for (String line : Files.readAllLines(status)) {
        if (line.startsWith("VmRSS:")) {
          return 1024 * Long.parseLong(line.replaceAll("\\D", ""));
        }
      }
      return 0;
    }

    /**
     * What is open in each of several looks. A single look now and then sees a file that is open for a moment only: the JVM reads those of its
     * control group whenever it thinks about compiler threads or collects (one look in eighty, while it compiled and collected without pause).
     */
    private static List<String> handles() throws IOException {
      Map<String, String> lasting = look();
      for (int i = 1; i < LOOKS; i++) {
        LockSupport.parkNanos(5_000_000);
        lasting.entrySet().retainAll(look().entrySet());
      }
      return new ArrayList<>(lasting.values());
    }

    /** Numbers of handles and what they are, but for the one that looks. */
    private static Map<String, String> look() throws IOException {
      Path handles = Path.of("/proc/self/fd");
      Map<String, String> open = new TreeMap<>();
      if (Files.exists(handles)) {
        try (Stream<Path> all = Files.list(handles)) {
          for (Path handle : (Iterable<Path>) all::iterator) {
            String target = target(handle);
            if (!target.matches("/proc/[0-9]+/fd")) {
              open.put(handle.getFileName().toString(), target);
            }
          }
        }
      }
      return open;
    }

    private static String target(Path handle) {
      try {
        return Files.readSymbolicLink(handle).toString();
      } catch (IOException closedMeanwhile) {
        return "closed meanwhile";
      }
    }
  }
}
