package dev.sampo.cli;

import dev.sampo.imaging.MidiFiles;
import dev.sampo.imaging.Pictures;
import dev.sampo.imaging.Plots;
import dev.sampo.io.AtomicFile;
import dev.sampo.sound.SoundBatch;
import dev.sampo.sound.Wav;
import dev.sampo.sound.WaveNetPipeline;
import dev.sampo.sound.WaveNetRequest;
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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The sounds of {@code sampo demo}: one with its spectrum, a tune with its notes. */
final class DemoSound {
  private static final int SOUNDS = 4;
  private static final int SAMPLES = 3200;
  private static final int MOST_HZ = 1500;
  private static final int STEP_HZ = 5;
  private static final int DEMO_RATE_HZ = 22_050;

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

  /** A reel, its bars held by the grammar: as notes, as MIDI and on plucked strings. */
  void tune(String model) throws IOException {
    long start = System.nanoTime();
    try (TextGenerator generator = TextGenerator.open(demo.model(model), demo.session())) {
      TuneResult result =
          TuneComposer.with(generator)
              .compose(
                  TuneRequest.builder()
                      .dance(Dance.REEL)
                      .key("D")
                      .temperature(0.8)
                      .seed(demo.seed())
                      .cancellation(demo.cancellation())
                      .build());
      Tune tune = result.tune(0);
      byte[] abc = tune.abc().getBytes(StandardCharsets.UTF_8);
      Path notes = demo.file("tune.abc");
      AtomicFile.write(notes, stream -> stream.write(abc));
      String what = tune.barCount() + " bars that add up, ABC notation";
      demo.note(model, what, start, abc.length, "characters", notes);
      demo.append(model, "temperature 0.8, seed " + demo.seed(), tune.abc().trim());
      Path midi = demo.file("tune.mid");
      MidiFiles.write(midi, tune);
      demo.note(model, "the same for MIDI instruments", "", midi);
      Path wav = demo.file("tune.wav");
      PluckedStrings.play(tune, DEMO_RATE_HZ).write(wav);
      demo.note(model, "the same on plucked strings", "", wav);
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
