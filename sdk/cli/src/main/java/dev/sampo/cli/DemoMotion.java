package dev.sampo.cli;

import dev.sampo.imaging.Animations;
import dev.sampo.imaging.ContactSheet;
import dev.sampo.imaging.Pictures;
import dev.sampo.io.AtomicFile;
import dev.sampo.picture.PictureBatch;
import dev.sampo.picture.Pixels;
import dev.sampo.series.Forecast;
import dev.sampo.series.ForecastPipeline;
import dev.sampo.series.ForecastRequest;
import dev.sampo.stroke.HandwritingPipeline;
import dev.sampo.stroke.HandwritingRequest;
import dev.sampo.stroke.HandwritingResult;
import dev.sampo.video.VideoPipeline;
import dev.sampo.video.VideoRequest;
import dev.sampo.video.VideoResult;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What goes on in time, in {@code sampo demo}: a clip, handwriting, a forecast. */
final class DemoMotion {
  private static final int DELAY_MILLIS = 100;
  private static final int ENLARGED = 3;
  private static final int STEPS = 10;
  private static final int DAYS = 14;
  private static final int FUTURES = 200;

  private final Demo demo;

  DemoMotion(Demo demo) {
    this.demo = demo;
  }

  void video(String model) throws IOException {
    long start = System.nanoTime();
    try (VideoPipeline pipeline = VideoPipeline.open(demo.model(model), demo.session())) {
      VideoResult result =
          pipeline.generate(
              VideoRequest.builder()
                  .classLabel(0, 1, 2, 3, 4, 5, 6, 7, 8, 9)
                  .numInferenceSteps(STEPS)
                  .seed(demo.seed())
                  .cancellation(demo.cancellation())
                  .build());
      int count = result.videos().get(0).count();
      List<Pixels> frames = new ArrayList<>();
      for (int k = 0; k < count; k++) {
        List<Pixels> row = new ArrayList<>();
        for (PictureBatch clip : result.videos()) {
          row.add(clip.pixels(k));
        }
        frames.add(ContactSheet.builder(row).columns(5).enlarge(ENLARGED).build().render());
      }
      Path file = demo.file("video.gif");
      Animations.writeGif(file, frames, DELAY_MILLIS);
      int all = count * result.videos().size();
      demo.note(model, "10 clips of " + count + " frames", start, all, "frames", file);
    }
  }

  void handwriting(String model) throws IOException {
    long start = System.nanoTime();
    try (HandwritingPipeline pipeline =
        HandwritingPipeline.open(demo.model(model), demo.session())) {
      HandwritingResult result =
          pipeline.write(
              HandwritingRequest.builder()
                  .count(4 * Demo.DIGITS.size())
                  .seed(demo.seed())
                  .cancellation(demo.cancellation())
                  .build());
      List<Pixels> drawings = new ArrayList<>();
      for (int i = 0; i < result.drawings().size(); i++) {
        drawings.add(result.picture(i, 2));
      }
      Path file = demo.file("handwriting.png");
      Pixels sheet =
          ContactSheet.builder(drawings)
              .columns(Demo.DIGITS.size())
              .title(model)
              .columnLabels(Demo.DIGITS)
              .build()
              .render();
      Pictures.writePng(file, sheet, Map.of("model", model));
      int count = drawings.size();
      demo.note(model, count + " digits, stroke by stroke", start, count, "digits", file);
      Path svg = demo.file("handwriting.svg");
      byte[] bytes = result.svg(7).getBytes(StandardCharsets.UTF_8);
      AtomicFile.write(svg, stream -> stream.write(bytes));
      demo.note(model, "one of them as strokes", "", svg);
    }
  }

  void forecast(String model) throws IOException {
    long start = System.nanoTime();
    try (ForecastPipeline pipeline = ForecastPipeline.open(demo.model(model), demo.session())) {
      SeriesFile seen =
          SeriesFile.read(
              demo.model(model).resolve("example.csv"), pipeline.channels(), pipeline.takesDays());
      Forecast forecast =
          pipeline.forecast(
              ForecastRequest.builder(seen.rows())
                  .firstDay(seen.firstDay())
                  .horizon(DAYS)
                  .paths(FUTURES)
                  .seed(demo.seed())
                  .cancellation(demo.cancellation())
                  .build());
      Path file = demo.file("forecast.png");
      Pictures.writePng(
          file, ForecastPlot.of(pipeline, seen.rows(), forecast), Map.of("model", model));
      String what = DAYS + " days ahead, the middle 80 % of " + FUTURES + " futures";
      demo.note(model, what, start, FUTURES, "futures", file);
    }
  }
}
