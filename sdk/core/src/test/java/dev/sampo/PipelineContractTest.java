package dev.sampo;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sampo.diffusion.DiffusionPipeline;
import dev.sampo.diffusion.DiffusionRequest;
import dev.sampo.diffusion.DiffusionResult;
import dev.sampo.diffusion.staged.CascadePipeline;
import dev.sampo.diffusion.staged.StagedRequest;
import dev.sampo.diffusion.staged.StagedResult;
import dev.sampo.diffusion.staged.UnClipPipeline;
import dev.sampo.error.CancelledException;
import dev.sampo.error.ClosedException;
import dev.sampo.error.RequestException;
import dev.sampo.model.ModelFolder;
import dev.sampo.picture.ImageToImagePipeline;
import dev.sampo.picture.ImageToImageRequest;
import dev.sampo.picture.ImageToImageResult;
import dev.sampo.picture.PictureBatch;
import dev.sampo.picture.PictureModel;
import dev.sampo.picture.PictureRequest;
import dev.sampo.picture.PictureResult;
import dev.sampo.picture.Tiling;
import dev.sampo.runtime.CancellationToken;
import dev.sampo.runtime.OpenNatives;
import dev.sampo.runtime.SessionConfig;
import dev.sampo.series.Forecast;
import dev.sampo.series.ForecastPipeline;
import dev.sampo.series.ForecastRequest;
import dev.sampo.sound.MusicPipeline;
import dev.sampo.sound.MusicRequest;
import dev.sampo.sound.MusicResult;
import dev.sampo.sound.SoundBatch;
import dev.sampo.sound.SpeechPipeline;
import dev.sampo.sound.SpeechRequest;
import dev.sampo.sound.SpeechResult;
import dev.sampo.sound.WaveNetPipeline;
import dev.sampo.sound.WaveNetRequest;
import dev.sampo.stroke.HandwritingPipeline;
import dev.sampo.stroke.HandwritingRequest;
import dev.sampo.stroke.HandwritingResult;
import dev.sampo.video.VideoPipeline;
import dev.sampo.video.VideoRequest;
import dev.sampo.video.VideoResult;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.function.ThrowingConsumer;

/**
 * What every pipeline of pictures, sounds, videos and series promises, whatever its family; {@code TextPipelineContractTest} holds
 * the generators of texts to the same.
 */
class PipelineContractTest {
  private static final SessionConfig ONE_THREAD = SessionConfig.builder().intraOpThreads(1).build();

  /** Begins the folders of models that ship; the others are test resources. */
  private static final String SHIPS = "models/";

  /** What a request of any family says. */
  private record Asked(
      @Nullable Long seed, int count, Runnable onStep, CancellationToken cancellation) {
    Asked(@Nullable Long seed) {
      this(seed, 2, () -> {}, CancellationToken.none());
    }
  }

  /** What a result of any family says; a family without draws has no seed. */
  @SuppressWarnings("ArrayRecordComponent") // never compared as a whole
  private record Told(@Nullable Long seed, float[] numbers, Timings timings) {}

  /** One family, asked by its own request. */
  private interface Family<M extends Model> {
    Told run(M model, Asked asked);
  }

  /**
   * A model and how it is asked.
   *
   * @param partial the type that its work leaves when cancelled; null where half of the work is nothing
   */
  private record Subject<M extends Model>(
      String folder,
      Class<M> type,
      Family<M> family,
      @Nullable Class<?> partial,
      boolean draws,
      boolean counts) {
    Path path() {
      if (folder.startsWith(SHIPS)) {
        return Paths.get(System.getProperty("sampo.home"), "exporter-specs").resolve(folder);
      }
      try {
        return Path.of(
            Objects.requireNonNull(PipelineContractTest.class.getResource("/" + folder)).toURI());
      } catch (URISyntaxException e) {
        throw new IllegalStateException(e);
      }
    }

    /** Whether all of the work is one run of one graph: what comes after it finds it done. */
    boolean oneStep() {
      return folder.contains("vits");
    }

    M open() {
      return Sampo.open(path(), ONE_THREAD, type);
    }

    Told run(M model, Asked asked) {
      return family.run(model, asked);
    }
  }

  private static List<Subject<?>> subjects() {
    List<Subject<?>> all = new ArrayList<>();
    for (String name :
        List.of(
            "latent/mlp-gan",
            "latent/stylegan",
            "latent/foreign-vae",
            "latent/conv-gan",
            "latent/pixelcnn",
            "latent/pixelcnn-mixture")) {
      all.add(
          new Subject<>(
              name,
              PictureModel.class,
              PipelineContractTest::picture,
              PictureResult.class,
              true,
              true));
    }
    for (String name : List.of("tiny_sd", "tiny_ddpm")) {
      all.add(
          new Subject<>(
              "golden/diffusion/pipelines/" + name + "/model",
              DiffusionPipeline.class,
              PipelineContractTest::diffusion,
              DiffusionResult.class,
              true,
              true));
    }
    all.add(
        new Subject<>(
            "golden/cascade/tiny_if/model",
            CascadePipeline.class,
            (model, asked) -> told(model.generate(staged(asked))),
            StagedResult.class,
            true,
            true));
    all.add(
        new Subject<>(
            "golden/unclip/tiny_kandinsky22/model",
            UnClipPipeline.class,
            (model, asked) -> told(model.generate(staged(asked).toBuilder().size(32, 32).build())),
            StagedResult.class,
            true,
            true));
    all.add(
        new Subject<>(
            "golden/video/tiny_wan/model",
            VideoPipeline.class,
            PipelineContractTest::video,
            VideoResult.class,
            true,
            true));
    all.add(
        new Subject<>(
            SHIPS + "digits-video",
            VideoPipeline.class,
            PipelineContractTest::classVideo,
            VideoResult.class,
            true,
            true));
    all.add(
        new Subject<>(
            SHIPS + "strokes-digits",
            HandwritingPipeline.class,
            PipelineContractTest::handwriting,
            HandwritingResult.class,
            true,
            true));
    for (String name : List.of("tiny_vits", "tiny_speecht5")) {
      all.add(
          new Subject<>(
              "golden/speech/" + name + "/model",
              SpeechPipeline.class,
              PipelineContractTest::speech,
              SpeechResult.class,
              name.equals("tiny_vits"),
              true));
    }
    all.add(
        new Subject<>(
            "latent/super-resolution",
            ImageToImagePipeline.class,
            PipelineContractTest::imageToImage,
            null,
            false,
            false));
    all.add(
        new Subject<>(
            "golden/music/tiny_musicgen/model",
            MusicPipeline.class,
            PipelineContractTest::music,
            MusicResult.class,
            true,
            true));
    all.add(
        new Subject<>(
            "latent/wavenet",
            WaveNetPipeline.class,
            PipelineContractTest::waveNet,
            SoundBatch.class,
            true,
            true));
    all.add(
        new Subject<>(
            "latent/forecast",
            ForecastPipeline.class,
            PipelineContractTest::forecast,
            Forecast.class,
            true,
            true));
    return all;
  }

  private static Told picture(PictureModel model, Asked asked) {
    PictureRequest request =
        PictureRequest.builder()
            .seed(asked.seed())
            .count(asked.count())
            .progress(step -> asked.onStep().run())
            .cancellation(asked.cancellation())
            .build();
    assertEquals(asked.count(), request.count());
    assertEquals(request, request.toBuilder().build());
    PictureResult result = model.sample(request);
    assertEquals(asked.count(), result.pictures().count());
    return new Told(result.seed(), result.pictures().toArray(), result.timings());
  }

  private static Told diffusion(DiffusionPipeline model, Asked asked) {
    DiffusionRequest.Builder b =
        DiffusionRequest.builder()
            .seed(asked.seed())
            .count(asked.count())
            .numInferenceSteps(3)
            .progress(step -> asked.onStep().run())
            .cancellation(asked.cancellation());
    if (model.takesText()) {
      b.prompt("a red boat").size(32, 32);
    }
    DiffusionRequest request = b.build();
    assertEquals(asked.seed(), request.seed());
    assertEquals(asked.count(), request.toBuilder().build().count());
    DiffusionResult result = model.generate(request);
    assertEquals(asked.count(), result.pictures().count());
    return new Told(result.seed(), result.pictures().toArray(), result.timings());
  }

  private static StagedRequest staged(Asked asked) {
    StagedRequest request =
        StagedRequest.builder()
            .prompt("a red boat")
            .seed(asked.seed())
            .count(asked.count())
            .numInferenceSteps(2, 1)
            .progress(step -> asked.onStep().run())
            .cancellation(asked.cancellation())
            .build();
    assertEquals(asked.seed(), request.toBuilder().build().seed());
    return request;
  }

  private static Told told(StagedResult result) {
    return new Told(result.seed(), result.pictures().toArray(), result.timings());
  }

  private static Told video(VideoPipeline model, Asked asked) {
    VideoRequest request =
        VideoRequest.builder()
            .prompt("a red boat")
            .size(32, 32)
            .numFrames(5)
            .seed(asked.seed())
            .count(asked.count())
            .numInferenceSteps(2)
            .progress(step -> asked.onStep().run())
            .cancellation(asked.cancellation())
            .build();
    assertEquals(asked.seed(), request.toBuilder().build().seed());
    VideoResult result = model.generate(request);
    assertEquals(asked.count(), result.videos().size());
    return new Told(result.seed(), result.videos().get(0).toArray(), result.timings());
  }

  private static Told classVideo(VideoPipeline model, Asked asked) {
    VideoRequest request =
        VideoRequest.builder()
            .numFrames(8)
            .seed(asked.seed())
            .count(asked.count())
            .numInferenceSteps(2)
            .progress(step -> asked.onStep().run())
            .cancellation(asked.cancellation())
            .build();
    VideoResult result = model.generate(request);
    assertEquals(asked.count(), result.videos().size());
    return new Told(result.seed(), result.videos().get(0).toArray(), result.timings());
  }

  private static Told handwriting(HandwritingPipeline model, Asked asked) {
    HandwritingRequest request =
        HandwritingRequest.builder()
            .maxPoints(30)
            .seed(asked.seed())
            .count(asked.count())
            .progress(step -> asked.onStep().run())
            .cancellation(asked.cancellation())
            .build();
    assertEquals(asked.seed(), request.toBuilder().build().seed());
    HandwritingResult result = model.write(request);
    assertEquals(asked.count(), result.drawings().size());
    byte[] pixels = result.picture(0).toBytes();
    float[] numbers = new float[pixels.length];
    for (int i = 0; i < pixels.length; i++) {
      numbers[i] = pixels[i];
    }
    return new Told(result.seed(), numbers, result.timings());
  }

  /** A text is the count; one more than the first step's, where a text is a step. */
  private static Told speech(SpeechPipeline model, Asked asked) {
    SpeechRequest.Builder b =
        SpeechRequest.builder()
            .texts(Collections.nCopies(Math.max(0, asked.count()), "the red boat"))
            .seed(asked.seed())
            .maxLengthRatio(2)
            .progress(step -> asked.onStep().run())
            .cancellation(asked.cancellation());
    if (model.speakerEmbeddingSize() > 0) {
      b.speakerEmbedding(new float[model.speakerEmbeddingSize()]);
    }
    SpeechRequest request = b.build();
    assertEquals(asked.seed(), request.toBuilder().build().seed());
    SpeechResult result = model.speak(request);
    assertEquals(asked.count(), result.utterances().size());
    return new Told(result.seed(), result.utterances().get(0).samples(), result.timings());
  }

  private static Told imageToImage(ImageToImagePipeline model, Asked asked) {
    PictureBatch pictures =
        PictureBatch.of(
            1, model.image().channels(), 40, 40, new float[40 * 40 * model.image().channels()]);
    ImageToImageRequest request =
        ImageToImageRequest.builder(pictures)
            .tiling(model.tiling(17))
            .progress(step -> asked.onStep().run())
            .cancellation(asked.cancellation())
            .build();
    assertEquals(pictures, request.pictures());
    ImageToImageResult result = model.run(request);
    return new Told(null, result.pictures().toArray(), result.timings());
  }

  private static Told music(MusicPipeline model, Asked asked) {
    MusicRequest request =
        MusicRequest.builder()
            .count(asked.count())
            .maxNewTokens(16)
            .seed(asked.seed())
            .progress(
                step -> {
                  // Before all codebooks have come there is no sound to leave.
                  if (step.done() > 12) {
                    asked.onStep().run();
                  }
                })
            .cancellation(asked.cancellation())
            .build();
    assertEquals(asked.seed(), request.toBuilder().build().seed());
    MusicResult result = model.compose(request);
    assertEquals(asked.count(), result.count());
    return new Told(result.seed(), result.samples()[0][0], result.timings());
  }

  private static Told waveNet(WaveNetPipeline model, Asked asked) {
    WaveNetRequest request =
        WaveNetRequest.builder()
            .count(asked.count())
            .numSamples(20)
            .seed(asked.seed())
            .progress(step -> asked.onStep().run())
            .cancellation(asked.cancellation())
            .build();
    assertEquals(asked.seed(), request.toBuilder().build().seed());
    SoundBatch result = model.sample(request);
    assertEquals(asked.count(), result.count());
    return new Told(result.seed(), result.samples()[0], result.timings());
  }

  private static Told forecast(ForecastPipeline model, Asked asked) {
    ForecastRequest request =
        ForecastRequest.builder(new float[] {1, 2, 3, 2, 1, 2, 3, 2})
            .horizon(5)
            .paths(asked.count())
            .seed(asked.seed())
            .progress(step -> asked.onStep().run())
            .cancellation(asked.cancellation())
            .build();
    assertEquals(asked.seed(), request.toBuilder().build().seed());
    Forecast result = model.forecast(request);
    return new Told(result.seed(), result.paths()[0][0], result.timings());
  }

  // ---- the promises

  private static List<DynamicTest> each(ThrowingConsumer<Subject<? extends Model>> check) {
    List<DynamicTest> tests = new ArrayList<>();
    for (Subject<?> subject : subjects()) {
      tests.add(DynamicTest.dynamicTest(subject.folder(), () -> check.accept(subject)));
    }
    return tests;
  }

  @TestFactory
  List<DynamicTest> open_whenByTheGeneralDoor_thenNameAndFamilyOfTheFolder() {
    return each(PipelineContractTest::opens);
  }

  private static <M extends Model> void opens(Subject<M> subject) {
    ModelFolder folder = ModelFolder.open(subject.path());
    try (Model model = Sampo.open(subject.path())) {
      assertTrue(subject.type().isInstance(model), model.getClass().getName());
      assertEquals(folder.name(), model.name());
      assertEquals(folder.family(), model.family());
    }
  }

  @TestFactory
  List<DynamicTest> run_whenSeedIsLeftOut_thenItIsDrawnAndToldAndRepeats() {
    return each(PipelineContractTest::repeats);
  }

  private static <M extends Model> void repeats(Subject<M> subject) {
    try (M model = subject.open()) {
      Told free = subject.run(model, new Asked(null));
      assertTrue(free.timings().totalMillis() >= free.timings().loopMillis());
      assertTrue(free.timings().modelMillis() > 0, "modelMillis " + free.timings());
      assertTrue(free.timings().modelMillis() <= free.timings().totalMillis());
      assertTrue(free.timings().steps() > 0);
      if (!subject.draws()) {
        assertArrayEquals(free.numbers(), subject.run(model, new Asked(null)).numbers());
        return;
      }
      assertNotNull(free.seed());
      assertNotEquals(free.seed(), subject.run(model, new Asked(null)).seed());
      Told again = subject.run(model, new Asked(free.seed()));
      assertEquals(free.seed(), again.seed());
      assertArrayEquals(free.numbers(), again.numbers());
    }
  }

  @TestFactory
  List<DynamicTest> run_whenCancelledByItsListener_thenExceptionHasWhatWasDone() {
    return each(PipelineContractTest::cancels);
  }

  private static <M extends Model> void cancels(Subject<M> subject) {
    try (M model = subject.open()) {
      subject.run(model, new Asked(5L));
      int before = OpenNatives.count();
      AtomicInteger steps = new AtomicInteger();
      // More pictures than one batch holds, where all of a batch are one step.
      int count = subject.type() == PictureModel.class ? 70 : 2;
      CancellationToken token = new CancellationToken();
      Runnable onStep =
          () -> {
            if (steps.incrementAndGet() == 1) {
              token.cancel();
            }
          };
      Asked asked = new Asked(5L, count, onStep, token);
      CancelledException e =
          assertThrows(CancelledException.class, () -> subject.run(model, asked));
      assertEquals(1, steps.get());
      if (subject.partial() != null) {
        assertNotNull(e.partial(subject.partial()), e.getMessage());
      }
      assertEquals(before, OpenNatives.count());
      // It is as good as before.
      subject.run(model, new Asked(5L));
    }
  }

  @TestFactory
  List<DynamicTest> run_whenCancelledBefore_thenNothingIsDone() {
    return each(PipelineContractTest::cancelsAtOnce);
  }

  private static <M extends Model> void cancelsAtOnce(Subject<M> subject) {
    try (M model = subject.open()) {
      CancellationToken token = new CancellationToken();
      token.cancel();
      AtomicInteger steps = new AtomicInteger();
      Asked asked = new Asked(5L, 2, steps::incrementAndGet, token);
      assertThrows(CancelledException.class, () -> subject.run(model, asked));
      assertEquals(0, steps.get());
    }
  }

  @TestFactory
  List<DynamicTest> close_whenUnderARun_thenTheRunEndsAndNothingStaysOpen() {
    return each(PipelineContractTest::closesUnderARun);
  }

  private static <M extends Model> void closesUnderARun(Subject<M> subject) {
    subject.open().close();
    int before = OpenNatives.count();
    M model = subject.open();
    AtomicInteger steps = new AtomicInteger();
    Runnable onStep =
        () -> {
          if (steps.incrementAndGet() == 1) {
            Thread closer = new Thread(model::close, "closer");
            closer.start();
            try {
              closer.join(20_000);
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
            assertFalse(closer.isAlive(), "close waits for the request, which waits for nothing");
          }
        };
    int count = subject.type() == PictureModel.class ? 70 : 2;
    Asked asked = new Asked(5L, count, onStep, CancellationToken.none());
    if (subject.oneStep()) {
      assertNotNull(subject.run(model, asked));
    } else {
      assertThrows(ClosedException.class, () -> subject.run(model, asked));
    }
    model.close();
    assertEquals(before, OpenNatives.count());
    assertThrows(ClosedException.class, () -> subject.run(model, new Asked(5L)));
  }

  @TestFactory
  List<DynamicTest> run_whenCountIsZero_thenErrorNamesTheOption() {
    return each(PipelineContractTest::refusesNothing);
  }

  private static <M extends Model> void refusesNothing(Subject<M> subject) {
    if (!subject.counts()) {
      RequestException e = assertThrows(RequestException.class, () -> new Tiling(-1, 0));
      assertEquals("tiling", e.option());
      return;
    }
    try (M model = subject.open()) {
      for (int count : new int[] {0, -1}) {
        Asked asked = new Asked(5L, count, () -> {}, CancellationToken.none());
        RequestException e = assertThrows(RequestException.class, () -> subject.run(model, asked));
        String option =
            subject.type() == ForecastPipeline.class
                ? "paths"
                : subject.type() == SpeechPipeline.class ? "texts" : "count";
        assertEquals(option, e.option());
      }
    }
  }
}
