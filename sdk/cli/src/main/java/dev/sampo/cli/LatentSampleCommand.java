package dev.sampo.cli;

import dev.sampo.picture.PictureBatch;
import dev.sampo.picture.PictureModel;
import dev.sampo.picture.PictureRequest;
import dev.sampo.sound.SoundBatch;
import dev.sampo.sound.Wav;
import dev.sampo.sound.WaveNetPipeline;
import dev.sampo.sound.WaveNetRequest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code sampo latent sample}. */
@Command(
    name = "sample",
    mixinStandardHelpOptions = true,
    description = "Draws pictures, or sounds (WaveNet) into a .wav file.")
final class LatentSampleCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private LatentOptions options = new LatentOptions();

  @Option(
      names = "--count",
      paramLabel = "N",
      defaultValue = "1",
      description = "How many pictures. Default: ${DEFAULT-VALUE}.")
  private int count = 1;

  @Option(
      names = "--truncation",
      paramLabel = "X",
      description =
          "GAN: latents come from a normal cut at 2 and multiplied with X (BigGAN's trick);"
              + " StyleGAN: psi; VAE: deviation of the latents; PixelCNN and WaveNet: temperature.")
  private @Nullable Double truncation;

  LatentSampleCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    if (options.isSound()) {
      return sound();
    }
    Outputs outputs = new Outputs(console, options.pictures());
    try (PictureModel model = options.open();
        Console.Progress bar = console.progress("sample", count)) {
      PictureRequest request =
          PictureRequest.builder()
              .seed(options.common().seed())
              .count(count)
              .classLabels(options.classLabels())
              .truncation(truncation)
              .progress(step -> bar.stepTo(count * step.done() / Math.max(1, step.total())))
              .cancellation(console.cancellation())
              .build();
      PictureBatch pictures = model.sample(request).pictures();
      Map<String, String> text = new LinkedHashMap<>();
      text.put("count", String.valueOf(count));
      if (truncation != null) {
        text.put("truncation", truncation.toString());
      }
      outputs.pictures(
          options.outOr("sample"),
          pictures.pixels(),
          columns(model, count),
          options.pngText("sample", text));
      options.report(console, outputs, pictures);
    }
    return ExitCode.OK;
  }

  /** WaveNet: one sound after the other in one WAV file. */
  private int sound() throws IOException {
    Outputs outputs = new Outputs(console, options.pictures());
    Path out = options.out() == null ? options.defaultOut("sample", ".wav") : options.out();
    if (!Outputs.ending(out).equals("wav")) {
      throw new UsageException("--out is '" + out + "'; sounds are written as .wav");
    }
    try (WaveNetPipeline pipeline = options.openSound();
        Console.Progress bar = console.progress("sample", count)) {
      WaveNetRequest request =
          WaveNetRequest.builder()
              .seed(options.common().seed())
              .count(count)
              .classLabels(options.classLabels())
              .temperature(truncation == null ? 1 : truncation)
              .progress(step -> bar.stepTo(count * step.done() / Math.max(1, step.total())))
              .cancellation(console.cancellation())
              .build();
      SoundBatch sounds = pipeline.sample(request);
      int length = sounds.samples()[0].length;
      float[] joined = new float[count * length];
      for (int i = 0; i < count; i++) {
        System.arraycopy(sounds.samples()[i], 0, joined, i * length, length);
      }
      Outputs.makeFolder(out);
      new Wav(sounds.sampleRateHz(), joined).write(out);
      outputs.wrote(out);
      options.report(
          console,
          outputs,
          outputs.toJson(options.model(), options.common().seed(), count, length));
    }
    return ExitCode.OK;
  }

  /** One column a class where all classes come in turn, otherwise about square. */
  private int columns(PictureModel model, int count) {
    int classes = model.classes().size();
    boolean inTurn = classes > 1 && options.classLabels().isEmpty();
    return inTurn ? Math.min(classes, 20) : (int) Math.ceil(Math.sqrt(count));
  }
}
