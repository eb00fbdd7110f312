package dev.sampo.cli;

import dev.sampo.imaging.Pictures;
import dev.sampo.imaging.Plots;
import dev.sampo.sound.SoundBatch;
import dev.sampo.sound.Wav;
import dev.sampo.sound.WaveNetPipeline;
import dev.sampo.sound.WaveNetRequest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The sound of {@code sampo demo}, with its spectrum. */
final class DemoSound {
  private static final int SOUNDS = 4;
  private static final int SAMPLES = 3200;
  private static final int MOST_HZ = 1500;
  private static final int STEP_HZ = 5;

  private final Demo demo;

  DemoSound(Demo demo) {
    this.demo = demo;
  }

  void waveNet(String model) throws IOException {
    long start = System.nanoTime();
    try (WaveNetPipeline pipeline = WaveNetPipeline.open(demo.model(model), demo.session())) {
      List<Integer> labels = labels(pipeline.classes().size());
      WaveNetRequest request =
          WaveNetRequest.builder()
              .seed(demo.seed())
              .count(SOUNDS)
              .classLabels(labels)
              .numSamples(SAMPLES)
              .temperature(0.8)
              .cancellation(demo.cancellation())
              .build();
      SoundBatch sounds = pipeline.sample(request);
      Path file = demo.file("wavenet.wav");
      new Wav(sounds.sampleRateHz(), joined(sounds)).write(file);
      int count = sounds.count() * SAMPLES;
      demo.note(model, SOUNDS + " sounds, sample by sample", start, count, "samples", file);
      spectrum(model, pipeline.classes(), labels, sounds);
    }
  }

  /** Classes spread over all there are. */
  private static List<Integer> labels(int classes) {
    return classes == 0
        ? List.of()
        : IntStream.range(0, SOUNDS)
            .mapToObj(i -> i * classes / SOUNDS)
            .collect(Collectors.toList());
  }

  private static float[] joined(SoundBatch sounds) {
    float[] all = new float[sounds.count() * SAMPLES];
    for (int i = 0; i < sounds.count(); i++) {
      System.arraycopy(sounds.samples()[i], 0, all, i * SAMPLES, SAMPLES);
    }
    return all;
  }

  private void spectrum(String model, List<String> classes, List<Integer> labels, SoundBatch sounds)
      throws IOException {
    double[] hz =
        IntStream.range(0, MOST_HZ / STEP_HZ).mapToDouble(i -> (i + 1) * STEP_HZ).toArray();
    Map<String, double[]> series = new LinkedHashMap<>();
    for (int i = 0; i < sounds.count(); i++) {
      String name = labels.isEmpty() ? "sound " + (i + 1) : classes.get(labels.get(i));
      series.put(name, magnitudes(sounds.samples()[i], sounds.sampleRateHz(), hz));
    }
    Path file = demo.file("wavenet-spectrum.png");
    Pictures.writePng(file, Plots.lines("Spectrum of " + model, "Hz", "magnitude", hz, series));
    demo.note(model, "their spectrum", "", file);
  }

  /** The Fourier transform at single frequencies, divided by the number of samples. */
  private static double[] magnitudes(float[] samples, int sampleRateHz, double[] hz) {
    double[] out = new double[hz.length];
    for (int k = 0; k < hz.length; k++) {
      double re = 0;
      double im = 0;
      for (int n = 0; n < samples.length; n++) {
        double angle = 2 * Math.PI * hz[k] * n / sampleRateHz;
        re += samples[n] * Math.cos(angle);
        im += samples[n] * Math.sin(angle);
      }
      out[k] = Math.hypot(re, im) / samples.length;
    }
    return out;
  }
}
